package store

import (
	"time"

	"farebook/booking"
	"farebook/ledger"
	"farebook/store/internal/journal"
)

// promise posts that a refund is payable, as far as the booking's ledger has less payable than its outstanding refunds. What is payable
// of an earlier refund that failed is used first. leaving is the balance transaction by which the refund leaves Stripe's balance in this
// transaction; nil while it does not. Repetition posts nothing, because nothing is unpromised then; the UNIQUE operation key
// refund-promised/<refund>/<n> refuses a second posting.
func (b *lockedBooking) promise(refund *refundRow, leaving *booking.BalanceTransaction) error {
	if err := b.carryOver(); err != nil {
		return err
	}
	owed, err := b.claims()
	if err != nil {
		return err
	}
	amount := int64(0)
	if leaving != nil {
		amount = refund.Amount
	}
	unpromised := owed.unpromised(b.isPaid(), amount)
	if unpromised == 0 {
		return nil
	}
	promised := ledger.Promise{RefundID: refund.RefundID, Effective: promisedAt(refund, leaving)}
	promised.Unearned, err = b.outOfUnearned(unpromised, owed, promised.Effective.At)
	if err != nil {
		return err
	}
	promised.Recalled = b.recallable(unpromised-promised.Unearned, owed)
	promised.Returned = unpromised - promised.Unearned - promised.Recalled.Total()
	return b.postPromise(promised)
}

// isPaid reports whether the booking's payment has succeeded. A refund or a dispute may be recorded before that.
func (b *lockedBooking) isPaid() bool { return b.payment.Status == booking.PaymentSucceeded }

// promisedAt is when a refund was decided: when it was requested, or when Stripe's balance paid for one that the books learned of later.
func promisedAt(refund *refundRow, leaving *booking.BalanceTransaction) ledger.Effective {
	if leaving != nil && leaving.Created.Before(refund.CreatedAt) {
		return ledger.EffectiveOf(*leaving)
	}
	return ledger.Effective{At: refund.CreatedAt, Basis: ledger.ByBooking}
}

// outOfUnearned is the part of an amount that was owed as a flight until it was promised at a time. The rest reduces income: what is
// promised after the departure, and what exceeds the unearned revenue. Of an agent's booking, it is what is held still: that has not been
// passed on to anybody. See flightDue for money that came too late.
func (b *lockedBooking) outOfUnearned(amount int64, owed claims, at time.Time) (int64, error) {
	if !b.isPaid() {
		return amount, nil
	}
	due, err := b.flightDue(at)
	if err != nil || !due && !b.byAgent() {
		return 0, err
	}
	return min(amount, max(owed.unearned, 0)), nil
}

// withdraw takes back what was promised of a refund and is not owed: Stripe has made the refund over less. What it gives back to unearned
// revenue, or to what an agent holds, is recognised again; of money that came too late it is promised again.
func (b *lockedBooking) withdraw(refund *refundRow, less int64) error {
	if err := b.carryOver(); err != nil {
		return err
	}
	owed, err := b.claims()
	less = min(less, owed.failed())
	if err != nil || less <= 0 {
		return err
	}
	withdrawn := ledger.Promise{RefundID: refund.RefundID, Effective: ledger.Effective{At: b.now, Basis: ledger.ByPosting}}
	due, err := b.flightDue(b.now)
	if err != nil {
		return err
	}
	if due || b.byAgent() || !b.isPaid() {
		withdrawn.Unearned = -less
	} else {
		withdrawn.Returned = -less
	}
	return b.postPromise(withdrawn)
}

func (b *lockedBooking) postPromise(promised ledger.Promise) error {
	objects := journal.Objects{Type: ledger.TypeRefundPromised, Prefix: string(promised.RefundID) + "/"}
	count, err := journal.CountOf(b.tx, b.booking.ID, objects)
	if err != nil {
		return err
	}
	promised.Reference, promised.PaymentIntentID = b.booking.Reference, b.payment.StripePaymentIntentID
	promised.Currency, promised.Posting = b.booking.Currency, count+1
	transaction, err := ledger.RefundPromised(promised)
	if err != nil {
		return err
	}
	return b.insert(transaction)
}

// postCancellation posts what the cancellation of a paid booking has decided about its unearned revenue. The refund is reserved already.
// Only the transaction that cancels the booking calls it; the UNIQUE operation key cancellation/<reference> refuses a second posting.
func (b *lockedBooking) postCancellation() error {
	owed, err := b.claims()
	if err != nil {
		return err
	}
	unpromised, unearned := owed.unpromised(b.isPaid(), 0), max(owed.unearned, 0)
	promised := min(unpromised, unearned)
	decided := ledger.Cancelled{
		Reference: b.booking.Reference, PaymentIntentID: b.payment.StripePaymentIntentID, Currency: b.booking.Currency,
		Promised: promised, Recalled: b.recallable(unpromised-promised, owed),
		Effective: ledger.Effective{At: b.now, Basis: ledger.ByBooking},
	}
	decided.Returned = unpromised - promised - decided.Recalled.Total()
	kept := unearned - promised
	switch {
	case unpromised == 0 && kept == 0:
		return nil
	case b.byAgent():
		decided.PassedOn = b.passOn(kept, b.booking.Currency, owed.passedOn)
	default:
		decided.Kept = kept
	}
	transaction, err := ledger.Cancellation(decided)
	if err != nil {
		return err
	}
	return b.insert(transaction)
}
