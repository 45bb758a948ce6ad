package activities

import (
	"context"
	"errors"
	"slices"

	"farebook/booking"
	"farebook/internal/stripeapi"
	"farebook/store"
)

// recordOlder records the older refunds of the payment that Stripe has and the books do not, or have in another state, before one from
// the dashboard that the books do not know. A refund uses what an older one that failed has left payable, so without it the order of
// their events would decide what the ledger promises. Harmless when repeated: each is recorded as by its own events.
func (r *Refunds) recordOlder(ctx context.Context, snapshot booking.RefundSnapshot) error {
	first, err := r.isFirstReading(ctx, snapshot)
	if err != nil || !first {
		return storeError(err)
	}
	there, err := r.refundsAt(ctx, snapshot.PaymentIntentID)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(there, func(refund booking.RefundSnapshot) bool { return refund.StripeRefundID == snapshot.StripeRefundID })
	if at < 0 {
		return nil // a list may lag behind its objects
	}
	return r.recordUnknown(ctx, there[at+1:])
}

// refundsAt lists the refunds of a payment at Stripe, the newest first; none where Stripe refuses to list them.
func (r *Refunds) refundsAt(ctx context.Context, intentID string) ([]booking.RefundSnapshot, error) {
	there, err := r.Stripe.RefundsOf(ctx, intentID)
	if stripeapi.IsKind(err, stripeapi.InvalidRequest) {
		return nil, nil
	}
	return there, stripeError(err)
}

// recordUnknown records those of a payment's refunds that the books do not know, or know in another state, beginning with the oldest.
// Stripe's list has the newest first. Its order counts and not created, which has whole seconds.
func (r *Refunds) recordUnknown(ctx context.Context, newestFirst []booking.RefundSnapshot) error {
	for _, refund := range slices.Backward(newestFirst) {
		id, err := r.unknown(ctx, refund)
		if err != nil {
			return storeError(err)
		}
		if id == "" {
			continue
		}
		if err := r.recordOne(ctx, refund.StripeRefundID); err != nil {
			return err
		}
	}
	return nil
}

// recordOne records a refund that a list has. A list has no failure's balance transaction, so the refund is read.
func (r *Refunds) recordOne(ctx context.Context, stripeRefundID string) error {
	in := RecordRefundInput{RefundRef: RefundRef{StripeRefundID: stripeRefundID}}
	snapshot, err := r.read(ctx, in)
	if isAbsent(err) {
		return second(r.absent(ctx, in, err))
	}
	if err != nil {
		return stripeError(err)
	}
	return second(r.record(ctx, in, snapshot))
}

// isFirstReading reports whether the refund is from the dashboard, of a payment of ours, and not in the books yet.
func (r *Refunds) isFirstReading(ctx context.Context, snapshot booking.RefundSnapshot) (bool, error) {
	if snapshot.RefundID != "" || snapshot.Uncaptured {
		return false, nil
	}
	_, err := r.Store.RefundByStripeID(ctx, snapshot.StripeRefundID)
	if !errors.Is(err, store.ErrNotFound) {
		return false, err
	}
	return inBooks(second(r.Store.BookingOfPayment(ctx, snapshot.PaymentIntentID)))
}
