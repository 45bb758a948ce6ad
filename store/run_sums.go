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

// Tally is how the differences of a run stand. What is only on its way (timing) is none.
type Tally struct {
	Found, Fixed, Failed, Skipped int64
	Left                          int64 // nobody has dealt with them: of the failed all, of the skipped some
}

// TallyOf adds counts up.
func TallyOf(counts []Count) Tally {
	var t Tally
	for _, count := range counts {
		if count.Class == booking.Timing {
			continue
		}
		t.Found += count.Items
		switch count.State {
		case ItemFixed:
			t.Fixed += count.Items
		case ItemFailed:
			t.Failed += count.Items
			t.Left += count.Items
		case ItemFound:
			t.Skipped += count.Items
			t.Left += count.Items
		default:
			t.Skipped += count.Items
		}
	}
	return t
}

// Explained is how much of a difference between the clearing account and Stripe's balance a run has found line by line:
// here less at Stripe, per currency, in minor units.
func (s *Store) Explained(ctx context.Context, runID uint64) (map[booking.Currency]int64, error) {
	var rows []struct {
		Currency string
		Amount   int64
	}
	// An item of an older release does not say what it is on the clearing account: its amounts do, and those of a fee on the
	// other side. What was posted in another currency stands in that one, and in Stripe's not at all.
	err := s.db.WithContext(ctx).Raw(`
		SELECT currency, SUM(COALESCE(clearing_here - net_at_stripe,
		  CASE class WHEN 'fee_mismatch' THEN amount_at_stripe - amount_here ELSE amount_here - amount_at_stripe END)) AS amount
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
