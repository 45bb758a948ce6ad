package store

import (
	"context"

	"farebook/booking"
	"farebook/ledger"
)

// postDebit writes what the ledger does not have of a bank debit: that it is on its way, and that it failed, each once. Both go by
// their balance transactions, so that the clearing account equals Stripe's balance while it is not known whether the money stays.
func (p *paymentRecorder) postDebit(intent string, debit booking.Debit) error {
	reference := booking.Reference(p.booking.Reference)
	known, err := p.postedOf(ledger.TypePaymentInTransit, intent, debit.ChargeID)
	if err != nil {
		return err
	}
	if !known {
		transit, err := ledger.PaymentInTransit(reference, intent, debit)
		if err == nil {
			err = p.insert(transit)
		}
		if err != nil {
			return err
		}
	}
	if debit.FailureBalance == nil {
		return nil
	}
	if known, err = p.postedOf(ledger.TypePaymentFailure, intent, debit.ChargeID); err != nil || known {
		return err
	}
	failure, err := ledger.PaymentFailure(reference, intent, debit)
	if err != nil {
		return err
	}
	return p.insert(failure)
}

// payment is the posting of a payment that succeeded: of a debit that the ledger has on its way, or of money that comes now.
func (p *paymentRecorder) paymentOf(snapshot booking.PaymentSnapshot) (ledger.Transaction, error) {
	arrived, err := p.postedOf(ledger.TypePaymentInTransit, snapshot.PaymentIntentID, snapshot.ChargeID)
	if err != nil {
		return ledger.Transaction{}, err
	}
	decided, err := p.succeeded(snapshot)
	if err != nil {
		return ledger.Transaction{}, err
	}
	if arrived {
		return ledger.PaymentArrived(snapshot, decided)
	}
	return ledger.Payment(snapshot, decided)
}

// postedOf tells whether a transaction of a type is in the ledger for an object at Stripe.
func (b *lockedBooking) postedOf(kind ledger.Type, paymentIntentID, objectID string) (bool, error) {
	var count int64
	err := b.tx.Model(&ledgerRow{}).Where("booking_id = ? AND type = ? AND stripe_payment_intent_id = ? AND stripe_object_id = ?",
		b.booking.ID, string(kind), paymentIntentID, objectID).Count(&count).Error
	return count > 0, err
}

// DebitsInTransit are the charges of a PaymentIntent that the ledger has on their way: neither arrived nor failed.
func (s *Store) DebitsInTransit(ctx context.Context, paymentIntentID string) (charges []string, err error) {
	err = s.db.WithContext(ctx).Raw(`
		SELECT l.stripe_object_id FROM payments p
		JOIN financial_ledger l ON l.booking_id = p.booking_id AND l.type = ? AND l.stripe_payment_intent_id = p.stripe_payment_intent_id
		WHERE p.stripe_payment_intent_id = ? AND p.status <> ? AND NOT EXISTS (
		  SELECT 1 FROM financial_ledger f WHERE f.booking_id = l.booking_id AND f.type = ?
		    AND f.stripe_payment_intent_id = l.stripe_payment_intent_id AND f.stripe_object_id = l.stripe_object_id)`,
		string(ledger.TypePaymentInTransit), paymentIntentID, string(booking.PaymentSucceeded), string(ledger.TypePaymentFailure)).Scan(&charges).Error
	return charges, err
}
