package deployment

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/api/serviceerror"

	"farebook/internal/wait"
)

const (
	// notReadyTries and notFoundTries are how often Temporal is asked before its error counts, with firstPause in between, twice as long
	// each time. A deployment that does not exist is found missing in 0.7 seconds.
	notReadyTries = 6
	notFoundTries = 4
	firstPause    = 100 * time.Millisecond
)

// patiently asks Temporal, and again for what passes: the server keeps a deployment in a workflow of its worker. That refuses an update
// whose task has failed (serviceerror.WorkflowNotReady), and nothing has changed then. It continues as new after a change, and until then
// the server does not find it (service/worker/workerdeployment/client.go rejects a query to a run that is not open).
func patiently[Options, Result any](ctx context.Context, ask func(context.Context, Options) (Result, error), o Options) (Result, error) {
	pause := firstPause
	for tries := 1; ; tries++ {
		result, err := ask(ctx, o)
		if tries >= triesAfter(err) || wait.For(ctx, pause) != nil {
			return result, err
		}
		pause *= 2
	}
}

// triesAfter is how often Temporal is asked in all after an answer.
func triesAfter(err error) int {
	var notReady *serviceerror.WorkflowNotReady
	var notFound *serviceerror.NotFound
	switch {
	case errors.As(err, &notReady):
		return notReadyTries
	case errors.As(err, &notFound):
		return notFoundTries
	default:
		return 1
	}
}
