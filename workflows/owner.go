package workflows

import (
	"errors"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// askAttempts bounds how often an owner is asked that ends between being found running and being told.
const askAttempts = 5

// tellOwner starts the workflow that owns an object at Stripe, which then reads it first of all, or tells the one that runs
// that its object may have changed at Stripe: from within a workflow, what Client.deliver is from outside.
func tellOwner(ctx workflow.Context, owner workflow.ChildWorkflowOptions, kind string, in any, event StripeEvent) error {
	for range askAttempts {
		child := workflow.WithChildOptions(ctx, owner)
		err := workflow.ExecuteChildWorkflow(child, kind, in).GetChildWorkflowExecution().Get(ctx, nil)
		var running *temporal.ChildWorkflowExecutionAlreadyStartedError
		if !errors.As(err, &running) {
			return err
		}
		err = workflow.SignalExternalWorkflow(ctx, owner.WorkflowID, "", SignalStripeEvent, event).Get(ctx, nil)
		if err == nil || temporal.IsCanceledError(err) {
			return err
		}
		workflow.GetLogger(ctx).Info("the owner has ended in between: starting it", "owner", owner.WorkflowID, "error", err)
	}
	return nil // it ended five times meanwhile, and read the object each time
}
