package workflows

import (
	"errors"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// step is one activity call of a workflow, on the fast path first.
type step struct {
	summary  string // shown in the Temporal UI
	activity any    // a method of package activities
	retries  retryWindow
}

// run calls the activity as a local one, and as a regular one if that fails with an error that may pass. Both calls have the same
// input, and so the same idempotency keys.
func (s step) run(ctx workflow.Context, in, out any) error {
	local := workflow.WithLocalActivityOptions(ctx, fastPath(s.summary))
	err := workflow.ExecuteLocalActivity(local, s.activity, in).Get(ctx, out)
	if err == nil || !mayPass(err) {
		return err
	}
	workflow.GetLogger(ctx).Warn("fast path failed; retrying on the slow path", "step", s.summary, "error", err)
	remote := workflow.WithActivityOptions(ctx, slowPath(s.summary, s.retries))
	return workflow.ExecuteActivity(remote, s.activity, in).Get(ctx, out)
}

// mayPass reports whether a retry may succeed: err is neither a cancellation nor non-retryable.
func mayPass(err error) bool {
	var application *temporal.ApplicationError
	if errors.As(err, &application) && application.NonRetryable() {
		return false
	}
	return !temporal.IsCanceledError(err)
}
