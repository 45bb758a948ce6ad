package workflows

import (
	"context"
	"fmt"

	"farebook/booking"
)

// DeliverDisputeEvent tells the dispute's workflow that the dispute may have changed at Stripe, starting it when it does not run.
func (c *Client) DeliverDisputeEvent(ctx context.Context, disputeID string, reference booking.Reference, correlationID string, event StripeEvent) error {
	return c.deliver(ctx, disputeSubject(disputeID, reference, correlationID), event)
}

func disputeSubject(disputeID string, reference booking.Reference, correlationID string) subject {
	return subject{
		id: DisputeWorkflowID(disputeID), kind: TypeDispute, summary: fmt.Sprintf("%s · dispute %s", reference, disputeID),
		input: DisputeInput{DisputeID: disputeID, CorrelationID: correlationID}, reference: reference,
	}
}
