package activities

import (
	"context"

	"farebook/booking"
	"farebook/internal/failpoint"
)

// CapturePaymentInput names what is to be captured. Amount is minor units.
type CapturePaymentInput struct {
	Reference       booking.Reference `json:"reference"`
	PaymentIntentID string            `json:"paymentIntentId"`
	Amount          int64             `json:"amount"`
}

// CapturePayment takes an authorised payment at Stripe. That it can't be captured any more (captured already, let go,
// expired) is no error: the recording step reads the PaymentIntent and decides. Harmless when repeated: Stripe's key
// <PaymentIntent>/capture-payment-intent/<amount>/<generation>, and the state itself.
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

// MailsQueued are mails that an activity has written the rows of.
type MailsQueued struct {
	EmailIDs []uint64 `json:"emailIds,omitempty"`
}

// WarnOfCapture tells the finance department that an authorisation is about to run out. Harmless when repeated: one mail
// row a booking.
func (p *Payments) WarnOfCapture(ctx context.Context, in BookingRef) (MailsQueued, error) {
	failpoint.Hit("before-warn-of-capture")
	mails, err := p.Store.WarnOfCapture(ctx, in.Reference, p.Store.Now())
	failpoint.Hit("after-warn-of-capture")
	return MailsQueued{EmailIDs: mails}, storeError(err)
}
