package simulate

import (
	"strconv"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"
)

// updateAny is the only update that the SDK sees: it carries those of all workflows, so that a workflow which waits until its handlers have
// finished waits until all have.
const updateAny = "any"

// update is one request to a run, which waits for its answer.
type update struct {
	run    *run
	name   string
	args   []any
	result any
	err    error
	done   bool
}

// ask sends an update to a run, and waits for its answer. The same id joins the same update.
func (w *world) ask(r *run, id, name string, args []any) (any, error) {
	u := r.asked[id]
	if u == nil {
		u = &update{run: r, name: name, args: args}
		r.asked[id] = u
		w.sequence++
		number := w.sequence
		w.asked[number] = u
		w.env.UpdateWorkflow(updateAny, strconv.Itoa(number), &testsuite.TestUpdateCallback{}, number)
	}
	w.await(func() bool { return u.done || r.ended })
	if !u.done {
		return nil, serviceerror.NewWorkflowNotReady("the run has ended")
	}
	return u.result, u.err
}

// handle is the handler of updateAny. As in the SDK, the handler of the run's own code runs before the coroutines of the workflow, and
// behind its first one if the update came before the run had set a handler. It ends with the run.
func (w *world) handle(ctx workflow.Context, number int) error {
	u := w.asked[number]
	delete(w.asked, number)
	r := u.run
	early := len(r.updates) == 0
	err := workflow.Await(ctx, func() bool { return r.ended || r.updates[u.name].handle != nil })
	if err != nil || r.ended {
		return err
	}
	if early {
		workflow.Go(r.ctx, func(ctx workflow.Context) { w.answer(ctx, u) })
		return workflow.Await(ctx, func() bool { return r.ended || u.done })
	}
	ctx, cancel := workflow.WithCancel(workflow.WithValue(ctx, runKey{}, r))
	r.handling = append(r.handling, cancel)
	w.answer(ctx, u)
	return nil
}

// answer calls the handler of an update, unless its validator refuses the update. The server writes nothing of what is refused.
func (w *world) answer(ctx workflow.Context, u *update) {
	r := u.run
	handler := r.updates[u.name]
	if handler.validate != nil {
		_, u.err = invoke(ctx, handler.validate, u.args...)
		if u.done = u.err != nil; u.done {
			return
		}
	}
	r.story.got(entry{came: anUpdate, at: w.now(), name: u.name, values: payloads(u.args...)})
	result, err := invoke(ctx, handler.handle, u.args...)
	if r.ended {
		return
	}
	u.result, u.err, u.done = result, err, true
	r.story.did(w.now(), answerLine(u.name, u.result, u.err), false)
}

// updateHandler is what a run has set for one update.
type updateHandler struct {
	handle   any
	validate any // nil for none
}
