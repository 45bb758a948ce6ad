package store

import (
	"slices"
	"time"

	"gorm.io/gorm"

	"farebook/booking"
	"farebook/ledger"
	"farebook/money"
	"farebook/store/internal/db"
	"farebook/store/internal/journal"
)

// FailedRefund is a refund under the locks of its booking and of postings, to be paid from the bank because it failed at Stripe.
type FailedRefund struct {
	booking *lockedBooking
	refund  refundRow
}

// NotPayableError says why a refund is not paid from the bank.
type NotPayableError struct{ Why string }

func (e *NotPayableError) Error() string { return e.Why }

// LockFailedRefund locks a refund in a transaction, for the packages of store/ that stand above the books. Error: ErrNotFound.
func LockFailedRefund(tx *gorm.DB, books *Store, id booking.RefundID, now time.Time) (FailedRefund, error) {
	known, err := books.refundFrom(tx.Where("r.refund_id = ?", id))
	if err != nil {
		return FailedRefund{}, err
	}
	f := FailedRefund{booking: books.newLockedBooking(tx, now)}
	if err := f.booking.lock(known.Reference, true); err != nil {
		return FailedRefund{}, err
	}
	return f, tx.Clauses(db.ForUpdate).Where("refund_id = ?", id).Take(&f.refund).Error
}

// BookingID is the row of its booking.
func (f FailedRefund) BookingID() uint64 { return f.booking.booking.ID }

// Check returns *NotPayableError for a refund that is not owed, or not in this amount.
func (f FailedRefund) Check(amount money.Money) error {
	b, row := f.booking, f.refund
	if err := b.carryOver(); err != nil {
		return err
	}
	owed, err := b.claims()
	if err != nil {
		return err
	}
	paid, err := journal.Has(b.tx, "booking_id = ? AND type = ? AND stripe_object_id = ?", b.booking.ID, ledger.TypeManual, row.RefundID)
	if err != nil {
		return err
	}
	id, whole := string(row.RefundID), money.Money{Value: row.Amount, Currency: row.Currency}
	switch {
	case paid:
		return &NotPayableError{id + " was paid from the bank by another journal"}
	case !slices.Contains(failedRefund, row.Status):
		return &NotPayableError{id + " is " + string(row.Status) + ": only a refund that failed at Stripe is paid from the bank"}
	case row.Posted && !row.FailurePosted:
		return &NotPayableError{id + " failed, and its money has not come back to Stripe's balance yet"}
	case amount != whole:
		return &NotPayableError{id + " is about " + whole.Format(money.LocaleEN) + ", and the journal pays " + amount.Format(money.LocaleEN)}
	case owed.failed() < row.Amount:
		return &NotPayableError{id + " is not owed any more: the money was refunded otherwise, or has gone back by a dispute"}
	}
	return b.refundable()
}

// Pay posts a journal that pays the refund, and settles its matter. It checks the refund first. The UNIQUE key of the journal, and that of
// the refund within its booking, refuse a second payment.
func (f FailedRefund) Pay(t ledger.Transaction, amount money.Money) error {
	if err := f.Check(amount); err != nil {
		return err
	}
	t.Reference, t.PaymentIntentID = f.booking.booking.Reference, f.booking.payment.StripePaymentIntentID
	if err := f.booking.insert(t); err != nil {
		return err
	}
	return f.booking.settleAttention(AttentionRefundFailed, string(f.refund.RefundID))
}

// paidFromBank is the SQL condition that a refund, a row of refunds, was paid from the bank.
const paidFromBank = `EXISTS (SELECT 1 FROM financial_ledger l WHERE l.booking_id = refunds.booking_id AND l.type = 'manual'
	AND l.stripe_object_id = refunds.refund_id)`
