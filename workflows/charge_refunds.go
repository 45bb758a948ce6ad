package workflows

import (
	"errors"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"farebook/activities"
	"farebook/booking"
)

// ChargeRefundsInput starts the search for the refunds of a payment.
type ChargeRefundsInput struct {
	Reference       booking.Reference `json:"reference"`
	PaymentIntentID string            `json:"paymentIntentId"`
	CorrelationID   string            `json:"correlationId"`
}

// ChargeRefunds answers charge.refunded, which says that money went back and not by which refund: it lists them at Stripe and
// starts the workflow of each that the books do not know, as refund.created would have.
func ChargeRefunds(ctx workflow.Context, in ChargeRefundsInput) error {
	var w watch
	w.listen(ctx, "Money of the charge went back")
	for {
		events := w.take()
		var unknown []string
		find := step{"Look for the charge's refunds at Stripe", refunds.FindUnknownRefunds, moneyPatience}
		if err := find.run(ctx, activities.ChargeRefundsRef{PaymentIntentID: in.PaymentIntentID}, &unknown); err != nil {
			return err
		}
		if err := startDashboardRefunds(ctx, in, unknown); err != nil {
			return err
		}
		note := step{"Note that the event is dealt with", refunds.NoteChargeRefunded, moneyPatience}
		if err := note.run(ctx, activities.EventsRef{EventIDs: events}, nil); err != nil {
			return err
		}
		w.recorded()
		if ended, err := w.settle(ctx); ended || err != nil {
			return err
		}
	}
}

// startDashboardRefunds starts the workflow of each refund, or leaves the one that runs.
func startDashboardRefunds(ctx workflow.Context, in ChargeRefundsInput, stripeRefundIDs []string) error {
	for _, id := range stripeRefundIDs {
		child := workflow.WithChildOptions(ctx, refundChild(RefundWorkflowID(id), string(in.Reference)+" · refund from the dashboard · "+id))
		started := workflow.ExecuteChildWorkflow(child, TypeRefund, RefundInput{StripeRefundID: id, CorrelationID: in.CorrelationID})
		var running *temporal.ChildWorkflowExecutionAlreadyStartedError
		if err := started.GetChildWorkflowExecution().Get(ctx, nil); err != nil && !errors.As(err, &running) {
			return err
		}
	}
	return nil
}
