package workflows

import (
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
// tells the workflow of each that the books do not have as Stripe does, as an event about that refund would have.
func ChargeRefunds(ctx workflow.Context, in ChargeRefundsInput) error {
	var w watch
	w.listen(ctx, "Money of the charge went back")
	return w.ended(ctx, findRefunds(ctx, &w, in))
}

func findRefunds(ctx workflow.Context, w *watch, in ChargeRefundsInput) error {
	for {
		events := w.take()
		var unknown []string
		find := step{"Look for the charge's refunds at Stripe", refunds.FindUnknownRefunds, moneyPatience}
		if err := find.run(ctx, activities.ChargeRefundsRef{PaymentIntentID: in.PaymentIntentID}, &unknown); err != nil {
			return err
		}
		for _, id := range unknown {
			if err := tellRefund(ctx, in, id, events); err != nil {
				return err
			}
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

// tellRefund has the workflow of a refund look at it: ours by its id, one from the dashboard by Stripe's.
func tellRefund(ctx workflow.Context, in ChargeRefundsInput, id string, events []string) error {
	summary, start := string(in.Reference)+" · refund from the dashboard · "+id, RefundInput{StripeRefundID: id, CorrelationID: in.CorrelationID}
	if ours, err := booking.ParseRefundID(id); err == nil {
		summary, start = "Refund "+id, RefundInput{RefundID: ours, CorrelationID: in.CorrelationID}
	}
	news := StripeEvent{Type: "charge.refunded", PaymentIntentID: in.PaymentIntentID}
	if len(events) > 0 {
		news.EventID = events[0] // noted below in any case
	}
	return tellOwner(ctx, refundChild(RefundWorkflowID(id), summary), TypeRefund, start, news)
}
