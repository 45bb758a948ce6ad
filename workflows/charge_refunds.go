package workflows

import (
	"go.temporal.io/sdk/workflow"

	"farebook/activities"
	"farebook/booking"
)

// ChargeRefundsInput starts ChargeRefunds.
type ChargeRefundsInput struct {
	Reference       booking.Reference `json:"reference"`
	PaymentIntentID string            `json:"paymentIntentId"`
	CorrelationID   string            `json:"correlationId"`
}

// ChargeRefunds handles charge.refunded, which names a charge but none of its refunds. It lists the charge's refunds at Stripe and
// starts or signals Refund for each that the books do not have, or have in another state.
func ChargeRefunds(ctx workflow.Context, in ChargeRefundsInput) error {
	var w eventWatcher
	w.listen(ctx, "Part of the charge was refunded")
	return w.finish(ctx, findRefunds(ctx, &w, in))
}

func findRefunds(ctx workflow.Context, w *eventWatcher, in ChargeRefundsInput) error {
	for {
		events := idsOf(w.take())
		var unknown []string
		find := step{"List the charge's refunds at Stripe", refunds.FindUnknownRefunds, moneyRetries}
		if err := find.run(ctx, activities.ChargeRefundsRef{PaymentIntentID: in.PaymentIntentID}, &unknown); err != nil {
			return err
		}
		for _, id := range unknown {
			if err := startOrSignalRefund(ctx, in, id, events); err != nil {
				return err
			}
		}
		note := step{"Mark the events as processed", refunds.NoteChargeRefunded, moneyRetries}
		if err := note.run(ctx, activities.EventsRef{EventIDs: events}, nil); err != nil {
			return err
		}
		w.recorded()
		ended, err := w.settle(ctx)
		if ended || err != nil {
			return err
		}
	}
}

// startOrSignalRefund makes Refund read a refund: id is ours, or Stripe's for a refund from its dashboard.
func startOrSignalRefund(ctx workflow.Context, in ChargeRefundsInput, id string, events []string) error {
	summary, start := string(in.Reference)+" · refund from the dashboard · "+id,
		RefundInput{StripeRefundID: id, CorrelationID: in.CorrelationID}
	if ours, err := booking.ParseRefundID(id); err == nil {
		summary, start = "Refund "+id, RefundInput{RefundID: ours, CorrelationID: in.CorrelationID}
	}
	event := StripeEvent{Type: "charge.refunded", PaymentIntentID: in.PaymentIntentID}
	if len(events) > 0 {
		event.EventID = events[0] // findRefunds marks all of them as processed
	}
	return startOrSignal(ctx, abandonedChild(RefundWorkflowID(id), summary), TypeRefund, start, event)
}
