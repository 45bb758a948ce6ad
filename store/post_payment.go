package store

import (
	"context"
	"time"

	"farebook/booking"
	"farebook/ledger"
	"farebook/store/internal/journal"
)

// post writes what the ledger does not have of a payment yet: its bank debits, and once it has succeeded the payment and Stripe's fee,
// together or the fee later. Each is posted once: the booking's lock keeps other recorders out, and the UNIQUE index
// idx_ledger_unique_stripe_entry refuses a second posting.
func (r *paymentRecorder) post() error {
	snapshot := r.reading.Snapshot
	succeeded := snapshot.PaymentStatus() == booking.PaymentSucceeded
	for _, debit := range snapshot.Debits {
		if succeeded && debit.ChargeID == snapshot.ChargeID {
			continue // the payment itself, posted below
		}
		if err := r.postDebit(snapshot.PaymentIntentID, debit); err != nil {
			return err
		}
	}
	if !succeeded {
		return nil
	}
	posted, err := r.posted(ledger.TypePayment, snapshot.PaymentIntentID)
	if err != nil || posted && (r.payment.FeePosted || snapshot.Balance == nil) {
		return err
	}
	var transaction ledger.Transaction
	if posted {
		transaction, err = ledger.Fee(snapshot)
	} else {
		transaction, err = r.paymentTransaction(snapshot)
	}
	if err != nil {
		return err
	}
	if err := r.insert(transaction); err != nil {
		return err
	}
	return r.postSettled(snapshot)
}

// postSettled posts the part of an authorisation that was not captured, which Stripe returns by a second balance transaction, and notes
// that the fee is posted.
func (r *paymentRecorder) postSettled(snapshot booking.PaymentSnapshot) error {
	if snapshot.Reversal != nil {
		rest, err := ledger.PartialCapture(snapshot)
		if err != nil {
			return err
		}
		if err := r.insert(rest); err != nil {
			return err
		}
	}
	if snapshot.Balance == nil {
		return nil
	}
	r.payment.FeePosted = true
	return r.savePayment("fee_posted")
}

// posted reports whether the ledger has a transaction of this type for the PaymentIntent.
func (b *lockedBooking) posted(kind ledger.Type, paymentIntentID string) (bool, error) {
	return journal.Has(b.tx, "booking_id = ? AND type = ? AND stripe_payment_intent_id = ?", b.booking.ID, kind, paymentIntentID)
}

func (b *lockedBooking) insert(t ledger.Transaction) error {
	return journal.Append(b.tx, b.now, &b.booking.ID, t)
}

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

// succeeded is when a payment without a balance transaction succeeded. A card that is charged at once succeeds when its charge is created;
// the charge of an authorisation or a bank debit is created long before.
func (r *paymentRecorder) succeeded(s booking.PaymentSnapshot) (ledger.Effective, error) {
	effective, err := r.decided(s.PaymentIntentID, eventPaymentSucceeded, time.Time{})
	atOnce := r.booking.CaptureMethod != booking.CaptureManual && !s.SettlesLater
	if err == nil && effective.Basis == ledger.ByPosting && atOnce && !s.PaidAt.IsZero() {
		effective = ledger.Effective{At: s.PaidAt, Basis: ledger.ByStripe}
	}
	return effective, err
}
