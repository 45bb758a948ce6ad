package workflows

import "context"

// DeliverPayoutEvent tells the payout's workflow that the payout may have changed at Stripe, starting it when it does not run.
func (c *Client) DeliverPayoutEvent(ctx context.Context, payoutID string, event StripeEvent) error {
	return c.deliver(ctx, payoutSubject(payoutID), event)
}

func payoutSubject(payoutID string) subject {
	return subject{id: PayoutWorkflowID(payoutID), kind: TypePayout, summary: "Payout " + payoutID, input: PayoutInput{PayoutID: payoutID}}
}
