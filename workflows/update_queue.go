package workflows

import (
	"errors"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// updateQueue passes the requests of update handlers to the workflow's main loop, one at a time, and the answers back. It keeps
// two steps from acting on the same payment at once.
type updateQueue[In, Out any] struct {
	requests []*updateRequest[In, Out]
}

type updateRequest[In, Out any] struct {
	in   In
	out  Out
	err  error
	done bool
}

// submit queues in and waits for the answer. Update handlers call it.
func (q *updateQueue[In, Out]) submit(ctx workflow.Context, in In) (Out, error) {
	request := &updateRequest[In, Out]{in: in}
	q.requests = append(q.requests, request)
	if err := workflow.Await(ctx, func() bool { return request.done }); err != nil {
		return request.out, err
	}
	return request.out, request.err
}

// waiting reports whether a request is queued.
func (q *updateQueue[In, Out]) waiting() bool { return len(q.requests) > 0 }

// answerNext answers the oldest request. A non-retryable application error is a refusal and goes to the caller only; any other
// error is returned as well and ends the workflow.
func (q *updateQueue[In, Out]) answerNext(ctx workflow.Context, answer func(workflow.Context, In) (Out, error)) error {
	request := q.requests[0]
	q.requests = q.requests[1:]
	request.out, request.err = answer(ctx, request.in)
	request.done = true
	var refusal *temporal.ApplicationError
	if errors.As(request.err, &refusal) && refusal.NonRetryable() {
		request.err = refusal // without the activity error around it: the caller compares its type
		return nil
	}
	return request.err
}
