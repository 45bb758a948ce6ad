package activities

import (
	"context"

	"farebook/booking"
	"farebook/internal/failpoint"
)

// CapturePaymentInput names the PaymentIntent to capture. Amount is in minor units of its currency.
type CapturePaymentInput struct {
	Reference       booking.Reference `json:"reference"`
	PaymentIntentID string            `json:"paymentIntentId"`
	Amount          int64             `json:"amount"`
}

// CapturePayment captures an authorised payment at Stripe. A payment that can no longer be captured (captured already, released, expired)
// is not an error: the recording step reads the PaymentIntent and decides. Harmless when repeated: Stripe's idempotency key
// <PaymentIntent>/capture-payment-intent/<amount>/<generation>, and the PaymentIntent's state.
func (p *Payments) CapturePayment(ctx context.Context, in CapturePaymentInput) error {
	failpoint.Hit("before-capture-payment-intent")
	err := runTransition(ctx, p.Store.Now,
		func(generation int) error {
			return p.Stripe.CapturePaymentIntent(ctx, in.PaymentIntentID, in.Amount, generation)
		},
		func() (bool, error) {
			snapshot, _, err := p.Stripe.PaymentIntent(ctx, in.PaymentIntentID)
			return snapshot.PaymentStatus() != booking.PaymentAuthorized, err
		})
	failpoint.Hit("after-capture-payment-intent")
	return moveError(err)
}

// EmailsQueued are the emails whose rows an activity has inserted.
type EmailsQueued struct {
	EmailIDs []uint64 `json:"emailIds,omitempty"`
}

// WarnOfCapture queues an email to the finance department that an authorisation is about to expire. Harmless when repeated: one email row
// per booking.
func (p *Payments) WarnOfCapture(ctx context.Context, in BookingRef) (EmailsQueued, error) {
	failpoint.Hit("before-warn-of-capture")
	emails, err := p.Store.WarnOfCapture(ctx, in.Reference, p.Store.Now())
	failpoint.Hit("after-warn-of-capture")
	return EmailsQueued{EmailIDs: emails}, storeError(err)
}
