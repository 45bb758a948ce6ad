package workflows

import (
	"errors"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// step is one thing a workflow does to the world.
type step struct {
	summary  string // what the operator reads
	activity any    // a method of package activities
	patience patience
}

// run takes the fast path, and continues on the slow one when that failed with something that may pass. Both call the
// same activity with the same input, so with the same idempotency keys.
func (s step) run(ctx workflow.Context, in, out any) error {
	local := workflow.WithLocalActivityOptions(ctx, fastPath(s.summary))
	err := workflow.ExecuteLocalActivity(local, s.activity, in).Get(ctx, out)
	if err == nil || !mayPass(err) {
		return err
	}
	workflow.GetLogger(ctx).Warn("fast path failed, going on along the slow path", "step", s.summary, "error", err)
	remote := workflow.WithActivityOptions(ctx, slowPath(s.summary, s.patience))
	return workflow.ExecuteActivity(remote, s.activity, in).Get(ctx, out)
}

func mayPass(err error) bool {
	var application *temporal.ApplicationError
	if errors.As(err, &application) && application.NonRetryable() {
		return false
	}
	return !temporal.IsCanceledError(err)
}
