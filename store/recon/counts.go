package recon

import (
	"context"

	"farebook/money"
	"farebook/reconciliation"
	"farebook/store/internal/journal"
)

// Count is how many items of a run are of a class, in a state and a currency, and how much money the two sides differ by.
type Count struct {
	Class      reconciliation.Class
	State      string
	Currency   money.Currency
	Items      int64
	Difference int64 // here less at Stripe, minor units
}

// Counts adds a run's items up.
func (r *Runs) Counts(ctx context.Context, runID uint64) ([]Count, error) {
	var counts []Count
	err := r.db.WithContext(ctx).Model(&itemRow{}).Where("run_id = ?", runID).
		Select("class, state, currency, COUNT(*) AS items, SUM(amount_here - amount_at_stripe) AS difference").
		Group("class, state, currency").Order("class, state, currency").Scan(&counts).Error
	return counts, err
}

// Tally is how the differences of a run stand, each object counted once: a payment whose event was lost is an item by its state
// and another by its balance transaction. What is only on its way (timing) is not counted.
type Tally struct {
	Found, Fixed, Failed, Skipped int64
	Left                          int64 // nobody has dealt with them: of the failed all, of the skipped some
}

// Tally adds a run up. An object with an item that failed has failed, else it is left while an item is; it is fixed when one was
// fixed and the others agree by then.
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

// Explained is how much of a difference between the clearing account and Stripe's balance a run has found line by line:
// here less at Stripe, per currency, in minor units.
func (r *Runs) Explained(ctx context.Context, runID uint64) (map[money.Currency]int64, error) {
	var rows []struct {
		Currency money.Currency
		Amount   int64
	}
	// An item of an older release does not say what it is on the clearing account: its amounts do, and those of a fee on the
	// other side. What was posted in another currency stands in that one, and in Stripe's not at all.
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
