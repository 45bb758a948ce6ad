package activities

import (
	"context"

	"farebook/booking"
	"farebook/internal/failpoint"
	"farebook/money"
	"farebook/store"
)

// CancelPaidBookingInput names a paid booking to cancel. ExpectedRefund is the quoted refund in minor units; nil accepts what the policy
// refunds now.
type CancelPaidBookingInput struct {
	Reference      booking.Reference `json:"reference"`
	ExpectedRefund *int64            `json:"expectedRefund,omitempty"`
}

// CancelPaidBooking cancels a booking after payment under the refund policy: booking, reserved refund and email in one transaction. The
// refund's workflow requests it from Stripe. Harmless when repeated: a booking that is cancelled already returns the same result, and the
// refund has the UNIQUE key cancellation/<reference>.
func (p *Payments) CancelPaidBooking(ctx context.Context, in CancelPaidBookingInput) (PaidBookingCancelled, error) {
	failpoint.Hit("before-cancel-paid-booking")
	cancelled, err := p.Store.CancelPaid(ctx, store.Cancellation{
		Reference: in.Reference, Policy: p.Policy, ExpectedRefund: in.ExpectedRefund, Now: p.Store.Now(),
	})
	if err != nil {
		return PaidBookingCancelled{}, storeError(err)
	}
	failpoint.Hit("after-cancel-paid-booking")
	p.Log.InfoContext(ctx, "paid booking cancelled", "reference", in.Reference, "percent", cancelled.Percent,
		"refundId", cancelled.RefundID, "refund", cancelled.Refund.Format(money.LocaleEN))
	return cancelled, nil
}
