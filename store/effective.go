package store

import (
	"time"

	"farebook/ledger"
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
