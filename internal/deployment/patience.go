package deployment

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/api/serviceerror"

	"farebook/internal/wait"
)

const (
	// notReadyTries is how often a change is asked for before its error counts, with notReadyPause in between, twice as long each time.
	notReadyTries = 6
	notReadyPause = 100 * time.Millisecond
)

// patiently asks Temporal for a change, and again while Temporal is not ready for it: the server keeps a deployment in workflows of its
// worker, which refuse an update whose task has failed (serviceerror.WorkflowNotReady). Nothing has changed then.
func patiently[Options, Result any](ctx context.Context, ask func(context.Context, Options) (Result, error), o Options) (Result, error) {
	pause := notReadyPause
	for tries := 1; ; tries++ {
		result, err := ask(ctx, o)
		var notReady *serviceerror.WorkflowNotReady
		if tries == notReadyTries || !errors.As(err, &notReady) || wait.For(ctx, pause) != nil {
			return result, err
		}
		pause *= 2
	}
}
