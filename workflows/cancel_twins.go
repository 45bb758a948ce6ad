package workflows

import (
	"go.temporal.io/sdk/workflow"

	"farebook/activities"
	"farebook/booking"
)

// CancelTwinsInput starts CancelTwins for a booking that may have a second PaymentIntent at Stripe.
type CancelTwinsInput struct {
	Reference booking.Reference `json:"reference"`
}

// CancelTwins cancels unused PaymentIntents of a booking: a creation whose outcome was unknown may have left one. The sweeper
// starts it once Stripe's lists are up to date.
func CancelTwins(ctx workflow.Context, in CancelTwinsInput) error {
	cancelling := step{"Cancel the booking's unused PaymentIntents", payments.CancelTwins, moneyRetries}
	return cancelling.run(ctx, activities.BookingRef{Reference: in.Reference}, nil)
}
