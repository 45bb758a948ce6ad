package activities

import (
	"context"
	"errors"

	"farebook/internal/failpoint"
	"farebook/store"
)

// ChargeRefundsRef names the payment whose refunds are looked for.
type ChargeRefundsRef struct {
	PaymentIntentID string `json:"paymentIntentId"`
}

// FindUnknownRefunds lists the payment's refunds at Stripe and returns the ids, re_..., of those that the books do not know:
// somebody made them in Stripe's dashboard. It writes nothing.
func (r *Refunds) FindUnknownRefunds(ctx context.Context, in ChargeRefundsRef) ([]string, error) {
	refunds, err := r.Stripe.RefundsOf(ctx, in.PaymentIntentID)
	if err != nil {
		return nil, stripeError(err)
	}
	var unknown []string
	for _, refund := range refunds {
		_, err := r.Store.RefundByStripeID(ctx, refund.StripeRefundID)
		switch {
		case errors.Is(err, store.ErrNotFound) && refund.RefundID == "":
			unknown = append(unknown, refund.StripeRefundID)
		case err != nil && !errors.Is(err, store.ErrNotFound):
			return nil, storeError(err)
		}
	}
	r.Log.InfoContext(ctx, "refunds of a charge looked for", "paymentIntentId", in.PaymentIntentID, "atStripe", len(refunds), "unknown", len(unknown))
	return unknown, nil
}

// EventsRef names events that have been dealt with.
type EventsRef struct {
	EventIDs []string `json:"eventIds"`
}

// NoteChargeRefunded marks events as processed whose refunds have workflows of their own by now.
func (r *Refunds) NoteChargeRefunded(ctx context.Context, in EventsRef) error {
	failpoint.Hit("before-note-charge-refunded")
	for _, id := range in.EventIDs {
		if err := r.Store.MarkEventProcessed(ctx, id, ""); err != nil {
			return storeError(err)
		}
	}
	return nil
}
