package store

import (
	"time"

	"gorm.io/gorm"

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
	if r.before.Paid && (r.payment.FeePosted || snapshot.Balance == nil) {
		return nil
	}
	transaction, err := r.paymentTransaction(snapshot)
	if err != nil {
		return err
	}
	if err := r.insert(transaction); err != nil {
		return err
	}
	err = r.postSettled(snapshot)
	if err != nil || !r.before.Returned {
		return err
	}
	return r.relieveLost() // a dispute that was lost before the payment was recorded
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

// insert posts a transaction of the booking, whose ledger follows the posting rules of this release from then on.
func (b *lockedBooking) insert(t ledger.Transaction) error {
	if err := b.carryOver(); err != nil {
		return err
	}
	return b.insertBy(journal.AppendUnder, t)
}

// insertBy posts a transaction of the booking by one of the functions of journal that append.
func (b *lockedBooking) insertBy(appendTo appending, t ledger.Transaction) error {
	t = t.HeldAs(b.booking.Revenue.Model)
	books, err := b.lockOpening()
	if err != nil {
		return err
	}
	if err := b.noteUnearned(t); err != nil {
		return err
	}
	if b.collected != nil {
		*b.collected = append(*b.collected, t)
	}
	return appendTo(b.tx, b.now, books, &b.booking.ID, t)
}

type appending = func(tx *gorm.DB, now time.Time, books journal.Books, bookingID *uint64, t ledger.Transaction) error

// insert posts a transaction of the payment. That nothing was posted in its place was read with the situation.
func (r *paymentRecorder) insert(t ledger.Transaction) error {
	balance := r.reading.Snapshot.Balance
	if r.before.Corrected || balance == nil || balance.ID != t.BalanceTransactionID || !r.followsRules() {
		return r.lockedBooking.insert(t)
	}
	return r.insertBy(journal.AppendNew, t)
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
// It is that of the fee for a payment that was posted before its fee was known.
func (r *paymentRecorder) paymentTransaction(snapshot booking.PaymentSnapshot) (ledger.Transaction, error) {
	switch {
	case r.before.Paid:
		return ledger.Fee(snapshot)
	case r.before.InTransit:
		return ledger.PaymentArrived(snapshot, r.succeeded(snapshot))
	}
	return ledger.Payment(snapshot, r.succeeded(snapshot))
}

// postedOf reports whether the ledger has a transaction of this type for an object at Stripe.
func (b *lockedBooking) postedOf(kind ledger.Type, paymentIntentID, objectID string) (bool, error) {
	return journal.Has(b.tx, "booking_id = ? AND type = ? AND stripe_payment_intent_id = ? AND stripe_object_id = ?",
		b.booking.ID, kind, paymentIntentID, objectID)
}

// succeeded is when a payment without a balance transaction succeeded. A card that is charged at once succeeds when its charge is created;
// the charge of an authorisation or a bank debit is created long before.
func (r *paymentRecorder) succeeded(s booking.PaymentSnapshot) ledger.Effective {
	atOnce := r.booking.CaptureMethod != booking.CaptureManual && !s.SettlesLater
	switch {
	case r.before.SucceededAt != nil:
		return ledger.Effective{At: *r.before.SucceededAt, Basis: ledger.ByStripe}
	case atOnce && !s.PaidAt.IsZero():
		return ledger.Effective{At: s.PaidAt, Basis: ledger.ByStripe}
	}
	return ledger.Effective{At: r.now, Basis: ledger.ByPosting}
}
