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

// handle is the handler of updateAny. The handler of the run's own code runs in a coroutine of the run, which ends with it.
func (w *world) handle(ctx workflow.Context, number int) error {
	u := w.asked[number]
	delete(w.asked, number)
	r := u.run
	err := workflow.Await(ctx, func() bool { return r.ended || r.updates[u.name] != nil })
	if err != nil || r.ended {
		return err
	}
	workflow.Go(r.ctx, func(ctx workflow.Context) {
		u.result, u.err = invoke(ctx, r.updates[u.name], u.args...)
		u.done = true
	})
	return workflow.Await(ctx, func() bool { return r.ended || u.done })
}
