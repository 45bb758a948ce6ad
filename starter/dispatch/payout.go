package dispatch

import (
	"context"

	"farebook/workflows"
)

// DeliverPayoutEvent signals the payout's workflow that the payout may have changed at Stripe, and starts it if it does not run.
func (c *Client) DeliverPayoutEvent(ctx context.Context, payoutID string, event workflows.StripeEvent) error {
	return c.deliver(ctx, payoutSubject(payoutID), event)
}

func payoutSubject(payoutID string) subject {
	return subject{
		id: workflows.PayoutWorkflowID(payoutID), kind: workflows.TypePayout, summary: "Payout " + payoutID,
		input: workflows.PayoutInput{PayoutID: payoutID},
	}
}
