package dispatch

import (
	"context"

	"farebook/booking"
	"farebook/workflows"
)

// CancelTwins starts the workflow that cancels a booking's unused PaymentIntents. It returns false when one runs, and when the last one
// failed. The workflow id makes a repetition harmless.
func (c *Client) CancelTwins(ctx context.Context, reference booking.Reference) (bool, error) {
	return c.resume(ctx, subject{
		id: workflows.CancelTwinsWorkflowID(reference), kind: workflows.TypeCancelTwins,
		summary: string(reference) + " · cancel unused PaymentIntents",
		input:   workflows.CancelTwinsInput{Reference: reference},
	})
}
