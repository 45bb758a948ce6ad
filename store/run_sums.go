package store

import (
	"context"

	"farebook/booking"
)

// Count is how many items of a run are of a class, in a state and a currency, and how much money the two sides differ by.
type Count struct {
	Class      booking.Class
	State      string
	Currency   booking.Currency
	Items      int64
	Difference int64 // here less at Stripe, minor units
}

// Counts adds a run's items up.
func (s *Store) Counts(ctx context.Context, runID uint64) ([]Count, error) {
	var counts []Count
	err := s.db.WithContext(ctx).Model(&itemRow{}).Where("run_id = ?", runID).
		Select("class, state, currency, COUNT(*) AS items, SUM(amount_here - amount_at_stripe) AS difference").
		Group("class, state, currency").Order("class, state, currency").Scan(&counts).Error
	return counts, err
}

// Explained is how much of a difference between the clearing account and Stripe's balance a run has found line by line:
// here less at Stripe, per currency, in minor units.
func (s *Store) Explained(ctx context.Context, runID uint64) (map[booking.Currency]int64, error) {
	var rows []struct {
		Currency string
		Amount   int64
	}
	// A fee that differs is about the fee alone, on the other side of the account. What was posted in another currency
	// stands in that one, and in Stripe's not at all.
	err := s.db.WithContext(ctx).Raw(`
		SELECT currency, SUM(CASE class WHEN 'fee_mismatch' THEN amount_at_stripe - amount_here ELSE amount_here - amount_at_stripe END) AS amount
		FROM reconciliation_items WHERE run_id = ? AND stripe_balance_transaction_id <> '' GROUP BY currency
		UNION ALL
		SELECT e.currency, SUM(CASE e.side WHEN 'debit' THEN e.amount ELSE -e.amount END)
		FROM reconciliation_items i
		JOIN financial_ledger l ON l.stripe_balance_transaction_id = i.stripe_balance_transaction_id
		JOIN ledger_entries e ON e.ledger_id = l.id AND e.account = 'asset:stripe_clearing' AND e.currency <> i.currency
		WHERE i.run_id = ? AND i.class = 'currency_mismatch' GROUP BY e.currency`, runID, runID).Scan(&rows).Error
	explained := make(map[booking.Currency]int64, len(rows))
	for _, row := range rows {
		explained[booking.Currency(row.Currency)] += row.Amount
	}
	return explained, err
}
