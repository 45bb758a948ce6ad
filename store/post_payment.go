package store

import (
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
