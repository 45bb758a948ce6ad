package workflows

import (
	"go.temporal.io/sdk/workflow"

	"farebook/activities"
	"farebook/booking"
)

// CancelTwinsInput names a booking of which another PaymentIntent may be at Stripe.
type CancelTwinsInput struct {
	Reference booking.Reference `json:"reference"`
}

// CancelTwins cancels PaymentIntents that a creation of unknown outcome left beside the booking's own. The sweeper starts it once
// Stripe's lists have caught up.
func CancelTwins(ctx workflow.Context, in CancelTwinsInput) error {
	cancelling := step{"Cancel PaymentIntents that the booking does not need", payments.CancelTwins, moneyPatience}
	return cancelling.run(ctx, activities.BookingRef{Reference: in.Reference}, nil)
}
