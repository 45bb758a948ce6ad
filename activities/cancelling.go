package activities

import (
	"context"

	"farebook/booking"
	"farebook/internal/failpoint"
	"farebook/money"
	"farebook/store"
)

// CancelPaidBookingInput names a paid booking that is to be cancelled. ExpectedRefund is what the caller was quoted, in
// minor units; nil takes what the policy gives now.
type CancelPaidBookingInput struct {
	Reference      booking.Reference `json:"reference"`
	ExpectedRefund *int64            `json:"expectedRefund,omitempty"`
}

// CancelPaidBooking cancels a booking after payment, under the refund policy: booking, refund and mail in one
// transaction; the refund itself is made by its own workflow. Harmless when repeated: a booking that is cancelled
// already answers with what came of it, and the refund has a UNIQUE key cancellation/<reference>.
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
