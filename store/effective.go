package store

import (
	"time"

	"gorm.io/gorm"

	"farebook/ledger"
)

// The types of Stripe's events that date a decision for which there is no balance transaction.
const (
	eventPaymentSucceeded = "payment_intent.succeeded"
	eventDisputeClosed    = "charge.dispute.closed"
)

// decision is what Stripe decided about an object, as an event of a type reports it, after a time.
type decision struct {
	objectID, eventType string
	after               time.Time
}

// decided is when Stripe decided about an object of the booking; see decidedAbout.
func (b *lockedBooking) decided(objectID, eventType string, after time.Time) (ledger.Effective, error) {
	return decidedAbout(b.tx, decision{objectID, eventType, after}, b.now)
}

// decidedAbout is when Stripe decided: the creation time of the newest event of the decision, or now where no event was received,
// because workflows also read objects without an event.
func decidedAbout(tx *gorm.DB, d decision, now time.Time) (ledger.Effective, error) {
	var row eventRow
	query := tx.Select("stripe_created_at").Where("object_id = ? AND type = ?", d.objectID, d.eventType)
	if !d.after.IsZero() {
		query = query.Where("stripe_created_at > ?", d.after)
	}
	err := query.Order("stripe_created_at DESC").Limit(1).Find(&row).Error
	if err != nil || row.StripeCreatedAt.IsZero() {
		return ledger.Effective{At: now, Basis: ledger.ByPosting}, err
	}
	return ledger.Effective{At: row.StripeCreatedAt, Basis: ledger.ByStripe}, nil
}
