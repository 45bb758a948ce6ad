package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"farebook/booking"
	"farebook/ledger"
	"farebook/store/internal/journal"
)

// RecordAccountFee posts a fee that Stripe bills to the account, once: UNIQUE operation key. A balance transaction that the ledger has
// already is not posted again.
func (s *Store) RecordAccountFee(ctx context.Context, balance booking.BalanceTransaction, now time.Time) error {
	return s.db.InTransaction(ctx, func(tx *gorm.DB) error {
		known, err := journal.Known(tx, []string{balance.ID})
		if err != nil || known[balance.ID] || balance.IsZero() {
			return err
		}
		opening, err := journal.Opening(tx, "")
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
	return journal.Append(tx, now, nil, transaction)
}
