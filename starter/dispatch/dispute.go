package dispatch

import (
	"context"
	"fmt"

	"farebook/booking"
	"farebook/workflows"
)

// DeliverDisputeEvent signals the dispute's workflow that the dispute may have changed at Stripe, and starts it if it does not run.
func (c *Client) DeliverDisputeEvent(ctx context.Context, disputeID string, reference booking.Reference, correlationID string,
	event workflows.StripeEvent,
) error {
	return c.deliver(ctx, disputeSubject(disputeID, reference, correlationID), event)
}

func disputeSubject(disputeID string, reference booking.Reference, correlationID string) subject {
	return subject{
		id: workflows.DisputeWorkflowID(disputeID), kind: workflows.TypeDispute, summary: fmt.Sprintf("%s · dispute %s", reference, disputeID),
		input: workflows.DisputeInput{DisputeID: disputeID, CorrelationID: correlationID}, reference: reference,
	}
}
