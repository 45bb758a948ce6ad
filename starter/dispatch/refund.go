package dispatch

import (
	"context"
	"fmt"

	"go.temporal.io/sdk/client"

	"farebook/booking"
	"farebook/money"
	"farebook/store"
	"farebook/workflows"
)

// RefundSubject is the refund that a workflow handles: identified by our id, or by Stripe's if it was made in Stripe's dashboard.
type RefundSubject struct {
	RefundID       booking.RefundID
	StripeRefundID string
	Reference      booking.Reference
	Amount         money.Money
	CorrelationID  string
}

func (s RefundSubject) subject() subject {
	id, summary := string(s.RefundID), fmt.Sprintf("%s · refund of %s · %s", s.Reference, s.Amount.Format(money.LocaleEN), s.RefundID)
	input := workflows.RefundInput{RefundID: s.RefundID, CorrelationID: s.CorrelationID}
	if s.RefundID == "" {
		id, summary = s.StripeRefundID, fmt.Sprintf("%s · refund from the dashboard · %s", s.Reference, s.StripeRefundID)
		input = workflows.RefundInput{StripeRefundID: s.StripeRefundID, CorrelationID: s.CorrelationID}
	}
	return subject{id: workflows.RefundWorkflowID(id), kind: workflows.TypeRefund, summary: summary, input: input, reference: s.Reference}
}

// StartRefund starts the refund's workflow, or joins the one that runs.
func (c *Client) StartRefund(ctx context.Context, s RefundSubject) error {
	return c.start(ctx, s.subject())
}

// AbandonRefund has the refund's workflow act on the decision in the refund's row, and starts the workflow if it does not run. The result
// says whether the refund failed or Stripe had made it already; its status is requested while that is unknown. A repetition returns the
// same.
func (c *Client) AbandonRefund(ctx context.Context, s RefundSubject) (workflows.RefundResult, error) {
	var result workflows.RefundResult
	err := c.update(ctx, s.subject(),
		client.UpdateWorkflowOptions{UpdateID: newUpdateID(workflows.UpdateAbandonRefund), UpdateName: workflows.UpdateAbandonRefund}, &result)
	return result, err
}

// DeliverRefundEvent signals the refund's workflow that the refund may have changed at Stripe, and starts it if it does not run.
func (c *Client) DeliverRefundEvent(ctx context.Context, s RefundSubject, event workflows.StripeEvent) error {
	return c.deliver(ctx, s.subject(), event)
}

// DeliverChargeRefunded starts the search for refunds of a payment that the books do not know, or signals the running one.
func (c *Client) DeliverChargeRefunded(ctx context.Context, reference booking.Reference, paymentIntentID, correlationID string,
	event workflows.StripeEvent,
) error {
	return c.deliver(ctx, subject{
		id: workflows.ChargeRefundsWorkflowID(paymentIntentID), kind: workflows.TypeChargeRefunds,
		summary:   fmt.Sprintf("%s · refunds of %s", reference, paymentIntentID),
		input:     workflows.ChargeRefundsInput{Reference: reference, PaymentIntentID: paymentIntentID, CorrelationID: correlationID},
		reference: reference,
	}, event)
}

// RefundSubjectOf returns what the workflow of a refund is started with. A refund that was made in Stripe's dashboard is identified by
// Stripe's id, any other by ours.
func RefundSubjectOf(r store.Refund) RefundSubject {
	subject := RefundSubject{RefundID: r.ID, Reference: r.Reference, Amount: r.Amount, CorrelationID: r.CorrelationID}
	if r.Origin == booking.RefundFromDashboard {
		subject.RefundID, subject.StripeRefundID = "", r.StripeRefundID
	}
	return subject
}
