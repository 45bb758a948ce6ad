package workflows

import (
	"errors"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// requests hands what updates ask for to the workflow's main course, one at a time, and its answers back: so that nothing
// is done to a payment while something else is.
type requests[In, Out any] struct {
	queue []*asked[In, Out]
}

type asked[In, Out any] struct {
	in   In
	out  Out
	err  error
	done bool
}

// ask waits for the answer of the main course. An update's handler calls it.
func (r *requests[In, Out]) ask(ctx workflow.Context, in In) (Out, error) {
	one := &asked[In, Out]{in: in}
	r.queue = append(r.queue, one)
	if err := workflow.Await(ctx, func() bool { return one.done }); err != nil {
		return one.out, err
	}
	return one.out, one.err
}

func (r *requests[In, Out]) waiting() bool { return len(r.queue) > 0 }

// serve answers the oldest request. A refusal is the asker's; what is no refusal ends the workflow, too.
func (r *requests[In, Out]) serve(ctx workflow.Context, answer func(workflow.Context, In) (Out, error)) error {
	one := r.queue[0]
	r.queue = r.queue[1:]
	one.out, one.err = answer(ctx, one.in)
	one.done = true
	var refused *temporal.ApplicationError
	if errors.As(one.err, &refused) && refused.NonRetryable() {
		one.err = refused // without the activity around it: the asker compares its type
		return nil
	}
	return one.err
}
