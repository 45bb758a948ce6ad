package store

import (
	"time"

	"farebook/booking"
	"farebook/ledger"
	"farebook/store/internal/journal"
)

// situation is what the books have of a payment and its booking before a recording step, beyond the two rows that are locked. One
// statement reads it, after the locks: whoever changes a part of it holds the booking's lock or waits for that of the opening.
type situation struct {
	// Paid: the payment is posted. InTransit: its latest charge was posted as a bank debit in transit. OtherInTransit: another charge was,
	// and neither arrived nor failed.
	Paid, InTransit, OtherInTransit bool
	// SucceededAt is when Stripe created the event that says that the payment succeeded; nil without one.
	SucceededAt *time.Time
	// Corrected: something was posted in the place of the payment's balance transaction.
	Corrected bool
	// Returned: the booking has a refund or a dispute.
	Returned bool
	// NoneQueued: no email of the booking's is queued.
	NoneQueued bool
	// Fenced: a fence is up.
	Fenced bool
}

const readSituation = `SELECT
	EXISTS (SELECT 1 FROM financial_ledger WHERE booking_id = @booking AND type = @payment AND stripe_payment_intent_id = @intent) AS paid,
	EXISTS (SELECT 1 FROM financial_ledger WHERE booking_id = @booking AND type = @transit AND stripe_payment_intent_id = @intent
		AND stripe_object_id = @charge) AS in_transit,
	EXISTS (SELECT 1 FROM financial_ledger l WHERE l.booking_id = @booking AND l.type = @transit AND l.stripe_payment_intent_id = @intent
		AND l.stripe_object_id <> @charge AND NOT EXISTS (SELECT 1 FROM financial_ledger f WHERE f.booking_id = l.booking_id
			AND f.type = @failure AND f.stripe_payment_intent_id = l.stripe_payment_intent_id AND f.stripe_object_id = l.stripe_object_id)
		) AS other_in_transit,
	(SELECT MAX(stripe_created_at) FROM stripe_events WHERE object_id = @intent AND type = @succeeded) AS succeeded_at,
	@balance <> '' AND EXISTS (SELECT 1 FROM financial_ledger WHERE stripe_balance_transaction_id = @balance AND type IN @superseded
		) AS corrected,
	EXISTS (SELECT 1 FROM refunds WHERE booking_id = @booking) OR EXISTS (SELECT 1 FROM disputes WHERE booking_id = @booking) AS returned,
	NOT EXISTS (SELECT 1 FROM emails WHERE dedupe_key LIKE @emails AND status = @queued) AS none_queued,
	` + fenceIsUp + ` AS fenced`

// readSituation reads the situation. What may be posted is read under the lock of the opening. The ledger says what is posted, and not the
// payment's row: a posting that was lost is made again.
// Error: ErrDebitsInTransit.
func (r *paymentRecorder) readSituation() error {
	snapshot := r.reading.Snapshot
	if r.reading.posts() {
		if _, err := r.lockOpening(); err != nil {
			return err
		}
	}
	balance := ""
	if snapshot.Balance != nil {
		balance = snapshot.Balance.ID
	}
	err := r.tx.Raw(readSituation, map[string]any{
		"booking": r.booking.ID, "intent": snapshot.PaymentIntentID, "charge": snapshot.ChargeID, "balance": balance,
		"payment": ledger.TypePayment, "transit": ledger.TypePaymentInTransit, "failure": ledger.TypePaymentFailure,
		"superseded": journal.Superseded, "succeeded": eventPaymentSucceeded,
		"emails": likeOwner(string(r.booking.Reference)), "queued": EmailQueued,
	}).Scan(&r.before).Error
	if err != nil {
		return err
	}
	r.fenced = &r.before.Fenced
	if r.reading.AskForDebits && r.before.OtherInTransit && r.payment.Status != booking.PaymentSucceeded {
		return ErrDebitsInTransit
	}
	return nil
}
