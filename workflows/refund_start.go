package workflows

import (
	"errors"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"farebook/booking"
)

// startRefunds starts Refund for each id that is not in started yet, and adds it there. A refund whose workflow runs already is left
// to it.
func startRefunds(ctx workflow.Context, ids []booking.RefundID, started map[booking.RefundID]bool, correlationID string) error {
	for _, id := range ids {
		if started[id] {
			continue
		}
		child := workflow.WithChildOptions(ctx, abandonedChild(RefundWorkflowID(string(id)), "Refund "+string(id)))
		in := RefundInput{RefundID: id, CorrelationID: correlationID}
		err := workflow.ExecuteChildWorkflow(child, TypeRefund, in).GetChildWorkflowExecution().Get(ctx, nil)
		var running *temporal.ChildWorkflowExecutionAlreadyStartedError
		if err != nil && !errors.As(err, &running) {
			return err
		}
		started[id] = true
	}
	return nil
}
