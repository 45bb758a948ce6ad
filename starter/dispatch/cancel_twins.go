package dispatch

import (
	"context"

	"farebook/booking"
	"farebook/workflows"
)

// CancelTwins starts the search for a booking's twins where none runs. It reports false when one runs, and when the last one
// failed. Harmless when repeated.
func (c *Client) CancelTwins(ctx context.Context, reference booking.Reference) (bool, error) {
	return c.resume(ctx, subject{
		id: workflows.CancelTwinsWorkflowID(reference), kind: workflows.TypeCancelTwins, summary: string(reference) + " · cancel unused PaymentIntents",
		input: workflows.CancelTwinsInput{Reference: reference},
	})
}
