package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"farebook/booking"
	"farebook/store/internal/journal"
)

// MatchPayout holds one page of what a payout pays out against the ledger and returns how many it does not know: neither one by one,
// nor as a part of the opening balance. Bills of Stripe's own come by no event: one that the ledger does not know yet is posted here,
// unless left says that it may be another integration's; nil without one. Repetition is harmless.
func (s *Store) MatchPayout(
	ctx context.Context, page []booking.BalanceTransaction, left func(booking.BalanceTransaction) bool, now time.Time,
) (unmatched int, err error) {
	ids := make([]string, len(page))
	for i, balance := range page {
		ids[i] = balance.ID
	}
	err = s.db.InTransaction(ctx, func(tx *gorm.DB) error {
		unmatched = 0
		known, err := journal.Known(tx, ids)
		if err != nil {
			return err
		}
		opening, err := journal.Opening(tx, "")
		if err != nil {
			return err
		}
		for _, balance := range page {
			switch {
			case known[balance.ID], balance.IsZero(), opening.Covers(balance.Created):
			case balance.IsAccountFee() && (left == nil || !left(balance)):
				if err := postAccountFee(tx, now, balance); err != nil {
					return err
				}
			default:
				unmatched++
			}
		}
		return nil
	})
	return unmatched, err
}
