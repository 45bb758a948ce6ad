package activities

import (
	"context"
	"time"

	"farebook/booking"
	"farebook/internal/failpoint"
	"farebook/internal/stripeapi"
)

// CapturePaymentInput names what is to be captured. Amount is minor units.
type CapturePaymentInput struct {
	Reference       booking.Reference `json:"reference"`
	PaymentIntentID string            `json:"paymentIntentId"`
	Amount          int64             `json:"amount"`
}

// CapturePayment takes an authorised payment at Stripe. That it can't be captured any more (captured already, let go,
// expired) is no error: the recording step reads the PaymentIntent and decides. Harmless when repeated: Stripe's key
// <reference>/capture-payment-intent/<amount>, and the state itself.
func (p *Payments) CapturePayment(ctx context.Context, in CapturePaymentInput) error {
	failpoint.Hit("before-capture-payment-intent")
	err := p.Stripe.CapturePaymentIntent(ctx, in.Reference, in.PaymentIntentID, in.Amount)
	failpoint.Hit("after-capture-payment-intent")
	if stripeapi.IsKind(err, stripeapi.ServerError) {
		// Stripe would replay the 500: what became of it is read.
		snapshot, _, readErr := p.Stripe.PaymentIntent(ctx, in.PaymentIntentID)
		if readErr == nil && snapshot.PaymentStatus() == booking.PaymentSucceeded {
			return nil
		}
	}
	if err == nil || stripeapi.IsKind(err, stripeapi.UnexpectedState) {
		return nil
	}
	return stripeError(err)
}

// MailsQueued are mails that an activity has written the rows of.
type MailsQueued struct {
	EmailIDs []uint64 `json:"emailIds,omitempty"`
}

// WarnOfCapture tells the finance department that an authorisation is about to run out. Harmless when repeated: one mail
// row a booking.
func (p *Payments) WarnOfCapture(ctx context.Context, in BookingRef) (MailsQueued, error) {
	failpoint.Hit("before-warn-of-capture")
	mails, err := p.Store.WarnOfCapture(ctx, in.Reference, time.Now().UTC())
	failpoint.Hit("after-warn-of-capture")
	return MailsQueued{EmailIDs: mails}, storeError(err)
}
