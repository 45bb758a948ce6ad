package activities

import (
	"context"
	"errors"

	"farebook/booking"
	"farebook/internal/failpoint"
	"farebook/store"
)

// ChargeRefundsRef names the payment whose refunds are looked for.
type ChargeRefundsRef struct {
	PaymentIntentID string `json:"paymentIntentId"`
}

// FindUnknownRefunds lists the payment's refunds at Stripe and returns those that the books do not know, or not in the state
// that they are in, by the id that their workflow bears: ours, RF-..., or Stripe's, re_..., for one that somebody made in its
// dashboard. What was let go of the payment's authorisation is no refund of ours. It writes nothing.
func (r *Refunds) FindUnknownRefunds(ctx context.Context, in ChargeRefundsRef) ([]string, error) {
	refunds, err := r.Stripe.RefundsOf(ctx, in.PaymentIntentID)
	if err != nil {
		return nil, stripeError(err)
	}
	var unknown []string
	for _, refund := range refunds {
		id, err := r.unknown(ctx, refund)
		if err != nil {
			return nil, storeError(err)
		}
		if id != "" {
			unknown = append(unknown, id)
		}
	}
	r.Log.InfoContext(ctx, "refunds of a charge looked for", "paymentIntentId", in.PaymentIntentID, "atStripe", len(refunds), "unknown", len(unknown))
	return unknown, nil
}

// unknown is the id of a refund's workflow, or empty when there is nothing to tell it.
func (r *Refunds) unknown(ctx context.Context, refund booking.RefundSnapshot) (string, error) {
	known, err := r.Store.RefundByStripeID(ctx, refund.StripeRefundID)
	switch {
	case errors.Is(err, store.ErrNotFound) && refund.Uncaptured:
		return "", nil // nobody's
	case errors.Is(err, store.ErrNotFound) && refund.RefundID != "":
		return r.unrecorded(ctx, refund)
	case errors.Is(err, store.ErrNotFound):
		return refund.StripeRefundID, nil
	case err != nil || known.Status == refund.Status():
		return "", err
	case known.Origin == booking.RefundFromDashboard:
		return known.StripeRefundID, nil
	default:
		return string(known.ID), nil
	}
}

// unrecorded is about a refund that bears an id of ours and that no row has Stripe's id of. One that is asked for was just made:
// its workflow is about to record it. One that was recorded as refused, or that the books do not know (a restored backup),
// is adopted by the workflow of Stripe's id.
func (r *Refunds) unrecorded(ctx context.Context, refund booking.RefundSnapshot) (string, error) {
	known, err := r.Store.Refund(ctx, refund.RefundID)
	switch {
	case errors.Is(err, store.ErrNotFound), err == nil && known.Refused():
		return refund.StripeRefundID, nil
	default:
		return "", err
	}
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
