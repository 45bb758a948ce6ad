package api

import (
	"context"

	"farebook/store"
	"farebook/validation"
)

// errWhichPayment asks for the payment that a refund is of.
var errWhichPayment = validation.FieldErrors{{
	Field: "payment", Problem: "is missing, and the booking has several payments",
	Fix: "send the paymentIntentId of one of its payments, which GET /v1/bookings/{reference} lists",
}}

var errNoSuchPayment = validation.FieldErrors{{
	Field: "payment", Problem: "is not a payment of this booking",
	Fix: "send the paymentIntentId of one of its payments, which GET /v1/bookings/{reference} lists",
}}

// refundedPayment is the row of the payment that a refund names: the booking's own, or that of a further payment. Without a name it is the
// booking's own, and sure is false where others were captured as well.
func (a *api) refundedPayment(ctx context.Context, known store.Booking, intent string) (of store.Booking, sure bool, err error) {
	if known.Payment != nil && known.Payment.PaymentIntentID == intent {
		return known, true, nil
	}
	supplements, err := a.Store.SupplementsOf(ctx, known)
	if err != nil {
		return known, false, err
	}
	sure = true
	for _, supplement := range supplements {
		if supplement.Payment == nil {
			continue
		}
		if supplement.Payment.PaymentIntentID == intent {
			return supplement, true, nil
		}
		sure = sure && supplement.Payment.AmountCaptured == 0
	}
	if intent != "" {
		return known, false, errNoSuchPayment
	}
	return known, sure, nil
}
