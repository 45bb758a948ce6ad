package store

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"

	"farebook/ledger"
	"farebook/store/internal/journal"
)

// ErrBooked says that a balance transaction is a booking's, and is posted by its recording step.
var ErrBooked = errors.New("the payment is a booking's")

// RecordUnbooked posts a balance transaction that no booking has, once: UNIQUE operation key. One that is in the books already, whoever
// posted it, is left as it is. It returns ErrBooked for one whose PaymentIntent is a booking's by now.
func (s *Store) RecordUnbooked(ctx context.Context, t ledger.Transaction, now time.Time) error {
	return s.db.InTransaction(ctx, func(tx *gorm.DB) error {
		// An operator may be posting the same, and so may the recording step of a payment that has become a booking's.
		if err := journal.LockCorrections(tx, journal.Exclusively); err != nil {
			return err
		}
		if _, err := journal.Opening(tx, journal.Exclusively); err != nil {
			return err
		}
		booked, err := isBooked(tx, t.PaymentIntentID)
		if err != nil {
			return err
		}
		if booked {
			return ErrBooked
		}
		known, err := journal.Known(tx, []string{t.BalanceTransactionID})
		if err != nil || known[t.BalanceTransactionID] {
			return err
		}
		return journal.Append(tx, now, nil, t)
	})
}

func isBooked(tx *gorm.DB, paymentIntentID string) (bool, error) {
	if paymentIntentID == "" {
		return false, nil
	}
	var count int64
	err := tx.Model(&paymentRow{}).Where("stripe_payment_intent_id = ?", paymentIntentID).Count(&count).Error
	return count > 0, err
}
