package workflows

import (
	"errors"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// startOrSignalAttempts bounds how often a workflow may end between the start that finds it running and the signal.
const startOrSignalAttempts = 5

// startOrSignal makes the workflow that owns an object at Stripe read it again: it starts that workflow, or signals the one that
// runs. From outside a workflow, dispatch.Client does the same with signal-with-start.
func startOrSignal(ctx workflow.Context, owner workflow.ChildWorkflowOptions, kind string, in any, event StripeEvent) error {
	for range startOrSignalAttempts {
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
		workflow.GetLogger(ctx).Info("the workflow ended before the signal; starting it again", "workflowId", owner.WorkflowID, "error", err)
	}
	return nil // it ended five times, and each of those runs read the object
}
