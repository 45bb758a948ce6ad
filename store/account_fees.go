package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"farebook/booking"
	"farebook/ledger"
)

// RecordAccountFee posts a bill of Stripe's own, once: UNIQUE operation key. One that is in the books already, whoever posted
// it, is left as it is.
func (s *Store) RecordAccountFee(ctx context.Context, balance booking.BalanceTransaction, now time.Time) error {
	return s.db.InTransaction(ctx, func(tx *gorm.DB) error {
		known, err := inLedger(tx, []string{balance.ID})
		if err != nil || known[balance.ID] || balance.IsZero() {
			return err
		}
		opening, err := openingOf(tx, "")
		if err != nil || opening.Covers(balance.Created) { // the opening balance has it
			return err
		}
		return postAccountFee(tx, now, balance)
	})
}

func postAccountFee(tx *gorm.DB, now time.Time, balance booking.BalanceTransaction) error {
	transaction, err := ledger.AccountFee(balance)
	if err != nil {
		return err
	}
	return insertTransaction(tx, now, nil, transaction)
}

// inLedger tells which balance transactions were posted.
func inLedger(tx *gorm.DB, ids []string) (map[string]bool, error) {
	var posted []string
	err := tx.Model(&ledgerRow{}).Where("stripe_balance_transaction_id IN ?", ids).Distinct().Pluck("stripe_balance_transaction_id", &posted).Error
	known := make(map[string]bool, len(posted))
	for _, id := range posted {
		known[id] = true
	}
	return known, err
}
