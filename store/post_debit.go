package store

import (
	"context"

	"farebook/booking"
	"farebook/ledger"
	"farebook/store/internal/journal"
)

// postDebit writes what the ledger does not have of a bank debit yet: that it is in transit, and that it failed, each once. Both follow
// the debit's balance transactions, so that the clearing account equals Stripe's balance while the bank may still return the money.
func (b *lockedBooking) postDebit(intent string, debit booking.Debit) error {
	inTransit, err := b.postedOf(ledger.TypePaymentInTransit, intent, debit.ChargeID)
	if err != nil {
		return err
	}
	if !inTransit {
		transaction, err := ledger.PaymentInTransit(b.booking.Reference, intent, debit)
		if err != nil {
			return err
		}
		if err := b.insert(transaction); err != nil {
			return err
		}
	}
	if debit.FailureBalance == nil {
		return nil
	}
	failed, err := b.postedOf(ledger.TypePaymentFailure, intent, debit.ChargeID)
	if err != nil || failed {
		return err
	}
	transaction, err := ledger.PaymentFailure(b.booking.Reference, intent, debit)
	if err != nil {
		return err
	}
	return b.insert(transaction)
}

// paymentTransaction is the posting of a payment that succeeded: of a debit that the ledger has in transit, or of money that arrives now.
func (r *paymentRecorder) paymentTransaction(snapshot booking.PaymentSnapshot) (ledger.Transaction, error) {
	inTransit, err := r.postedOf(ledger.TypePaymentInTransit, snapshot.PaymentIntentID, snapshot.ChargeID)
	if err != nil {
		return ledger.Transaction{}, err
	}
	effective, err := r.succeeded(snapshot)
	if err != nil {
		return ledger.Transaction{}, err
	}
	if inTransit {
		return ledger.PaymentArrived(snapshot, effective)
	}
	return ledger.Payment(snapshot, effective)
}

// postedOf reports whether the ledger has a transaction of this type for an object at Stripe.
func (b *lockedBooking) postedOf(kind ledger.Type, paymentIntentID, objectID string) (bool, error) {
	return journal.Has(b.tx, "booking_id = ? AND type = ? AND stripe_payment_intent_id = ? AND stripe_object_id = ?",
		b.booking.ID, kind, paymentIntentID, objectID)
}

// DebitsInTransit are the charges of a PaymentIntent that the ledger has in transit: neither arrived nor failed.
func (s *Store) DebitsInTransit(ctx context.Context, paymentIntentID string) (charges []string, err error) {
	err = s.db.WithContext(ctx).Raw(`
		SELECT l.stripe_object_id FROM payments p
		JOIN financial_ledger l ON l.booking_id = p.booking_id AND l.type = ? AND l.stripe_payment_intent_id = p.stripe_payment_intent_id
		WHERE p.stripe_payment_intent_id = ? AND p.status <> ? AND NOT EXISTS (
		  SELECT 1 FROM financial_ledger f WHERE f.booking_id = l.booking_id AND f.type = ?
		    AND f.stripe_payment_intent_id = l.stripe_payment_intent_id AND f.stripe_object_id = l.stripe_object_id)`,
		ledger.TypePaymentInTransit, paymentIntentID, booking.PaymentSucceeded, ledger.TypePaymentFailure).Scan(&charges).Error
	return charges, err
}
