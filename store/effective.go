package store

import (
	"time"

	"farebook/booking"
	"farebook/ledger"
	"farebook/store/internal/journal"
)

// The types of Stripe's events that date a decision for which there is no balance transaction.
const (
	eventPaymentSucceeded = "payment_intent.succeeded"
	eventDisputeClosed    = "charge.dispute.closed"
)

// decided is when Stripe decided about an object: the creation time of its newest event of this type after a time, or now where no event
// was received, because workflows also read objects without an event.
func (b *lockedBooking) decided(objectID, eventType string, after time.Time) (ledger.Effective, error) {
	var row eventRow
	query := b.tx.Select("stripe_created_at").Where("object_id = ? AND type = ?", objectID, eventType)
	if !after.IsZero() {
		query = query.Where("stripe_created_at > ?", after)
	}
	err := query.Order("stripe_created_at DESC").Limit(1).Find(&row).Error
	if err != nil || row.StripeCreatedAt.IsZero() {
		return ledger.Effective{At: b.now, Basis: ledger.ByPosting}, err
	}
	return ledger.Effective{At: row.StripeCreatedAt, Basis: ledger.ByStripe}, nil
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

// decidedLoss is when a change of a dispute's loss took effect: when the dispute was closed after the previous change, and not before the
// dispute's money moved.
func (r *disputeRecorder) decidedLoss(s booking.DisputeSnapshot) (ledger.Effective, error) {
	before, err := journal.LastEffective(r.tx, r.booking.ID, ledger.TypeChargeback, s.DisputeID+"/")
	if err != nil {
		return ledger.Effective{}, err
	}
	effective, err := r.decided(s.DisputeID, eventDisputeClosed, before)
	for _, balance := range s.Balances {
		effective = effective.NotBefore(balance)
	}
	return effective, err
}
