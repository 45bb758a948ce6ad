package recon

import (
	"context"

	"farebook/money"
	"farebook/reconciliation"
	"farebook/store/internal/journal"
)

// Count is the number of a run's items of one class, state and currency, and the sum of their differences.
type Count struct {
	Class      reconciliation.Class
	State      string
	Currency   money.Currency
	Items      int64
	Difference int64 // here less at Stripe, minor units
}

// Counts counts a run's items by class, state and currency.
func (r *Runs) Counts(ctx context.Context, runID uint64) ([]Count, error) {
	var counts []Count
	err := r.db.WithContext(ctx).Model(&itemRow{}).Where("run_id = ?", runID).
		Select("class, state, currency, COUNT(*) AS items, SUM(amount_here - amount_at_stripe) AS difference").
		Group("class, state, currency").Order("class, state, currency").Scan(&counts).Error
	return counts, err
}

// Tally counts the objects of a run that differ, each object once: a payment whose event was lost has one item for its state and another
// for its balance transaction. Items of class Timing are not counted.
type Tally struct {
	Found, Fixed, Failed, Skipped int64
	Left                          int64 // unresolved: all that failed, and some that were skipped
}

// Tally counts a run's objects. An object has failed when one of its items failed, and is left while one of its items is open. It is fixed
// when one item was fixed and the others agree by now.
func (r *Runs) Tally(ctx context.Context, runID uint64) (Tally, error) {
	var rows []struct {
		Outcome string
		Objects int64
	}
	err := r.db.WithContext(ctx).Raw(`
		SELECT outcome, COUNT(*) AS objects FROM (
		  SELECT CASE WHEN SUM(state = ?) > 0 THEN ? WHEN SUM(state = ?) > 0 THEN ? WHEN SUM(state = ?) > 0 THEN ? ELSE ? END AS outcome
		  FROM reconciliation_items WHERE run_id = ? AND class <> ? GROUP BY object, stripe_id) o
		GROUP BY outcome`, ItemFailed, ItemFailed, ItemFound, ItemFound, ItemFixed, ItemFixed, ItemSkipped, runID,
		reconciliation.Timing).Scan(&rows).Error
	var t Tally
	for _, row := range rows {
		t.Found += row.Objects
		switch row.Outcome {
		case ItemFixed:
			t.Fixed += row.Objects
		case ItemFailed:
			t.Failed += row.Objects
			t.Left += row.Objects
		case ItemFound:
			t.Skipped += row.Objects
			t.Left += row.Objects
		default:
			t.Skipped += row.Objects
		}
	}
	return t, err
}

// Explained returns the part of the difference between the clearing account and Stripe's balance that a run's items account for: the books
// less Stripe, in minor units by currency.
func (r *Runs) Explained(ctx context.Context, runID uint64) (map[money.Currency]int64, error) {
	var rows []struct {
		Currency money.Currency
		Amount   int64
	}
	// An item of an older release has no clearing amounts, so its own amounts are used, those of a fee with the opposite sign. A posting in
	// another currency counts in that currency, and not at all in Stripe's.
	err := r.db.WithContext(ctx).Raw(`
		SELECT currency, SUM(COALESCE(clearing_here - net_at_stripe,
		  CASE class WHEN 'fee_mismatch' THEN amount_at_stripe - amount_here ELSE amount_here - amount_at_stripe END)) AS amount
		FROM reconciliation_items WHERE run_id = ? AND stripe_balance_transaction_id <> '' GROUP BY currency
		UNION ALL
		SELECT e.currency, SUM(`+journal.Net+`)
		FROM reconciliation_items i
		JOIN financial_ledger l ON l.stripe_balance_transaction_id = i.stripe_balance_transaction_id
		JOIN ledger_entries e ON e.ledger_id = l.id AND e.account = 'asset:stripe_clearing' AND e.currency <> i.currency
		WHERE i.run_id = ? AND i.class = 'currency_mismatch' GROUP BY e.currency`, runID, runID).Scan(&rows).Error
	explained := make(map[money.Currency]int64, len(rows))
	for _, row := range rows {
		explained[row.Currency] += row.Amount
	}
	return explained, err
}
