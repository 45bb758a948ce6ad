package activities

import (
	"context"
	"errors"

	"farebook/booking"
	"farebook/internal/failpoint"
	"farebook/store"
)

// ChargeRefundsRef names the payment whose refunds are listed.
type ChargeRefundsRef struct {
	PaymentIntentID string `json:"paymentIntentId"`
}

// FindUnknownRefunds lists the payment's refunds at Stripe and returns those that the books do not know, or know in another state, by the
// id in their workflow's id: Farebook's, RF-..., or Stripe's, re_..., for a refund that was made in the dashboard. A released
// authorisation is not a refund in the books. A charge that Stripe does not find is one that it does not find yet, because its event has
// come: retried. It writes nothing.
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
	r.Log.InfoContext(ctx, "refunds of a charge listed", "paymentIntentId", in.PaymentIntentID, "atStripe", len(refunds),
		"unknown", len(unknown))
	return unknown, nil
}

// unknown is the id of the refund's workflow, or empty when the books know the refund.
func (r *Refunds) unknown(ctx context.Context, refund booking.RefundSnapshot) (string, error) {
	known, err := r.Store.RefundByStripeID(ctx, refund.StripeRefundID)
	switch {
	case errors.Is(err, store.ErrNotFound) && refund.Uncaptured:
		return "", nil // a released authorisation
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

// unrecorded decides about a refund whose metadata has an id of Farebook and whose Stripe id no row has. Where the row is still requested,
// Stripe has just made the refund, and its workflow is about to record it. Where the row is refused, or missing (a restored backup), the
// workflow of Stripe's id adopts the refund.
func (r *Refunds) unrecorded(ctx context.Context, refund booking.RefundSnapshot) (string, error) {
	known, err := r.Store.Refund(ctx, refund.RefundID)
	switch {
	case errors.Is(err, store.ErrNotFound), err == nil && known.Refused():
		return refund.StripeRefundID, nil
	default:
		return "", err
	}
}

// EventsRef names events that are handled.
type EventsRef struct {
	EventIDs []string `json:"eventIds"`
}

// NoteChargeRefunded marks events as processed once their refunds have workflows.
func (r *Refunds) NoteChargeRefunded(ctx context.Context, in EventsRef) error {
	failpoint.Hit("before-note-charge-refunded")
	for _, id := range in.EventIDs {
		if err := r.Store.MarkEventProcessed(ctx, id, ""); err != nil {
			return storeError(err)
		}
	}
	return nil
}
