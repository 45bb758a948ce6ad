package gauges

import (
	"context"
	"errors"
	"fmt"

	"farebook/money"
	"farebook/reconciliation"
	"farebook/store"
	"farebook/store/recon"
)

// reconciliation reads what the last good reconciliation left open. Nothing asks Stripe here: a scrape must not depend on it.
func (r *Reader) reconciliation(ctx context.Context, out *Reading) error {
	out.Findings, out.Clearing = map[reconciliation.Class]int64{}, map[money.Currency]int64{}
	run, err := r.runs.LastGoodRun(ctx)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil || run.CompletedAt == nil {
		return err
	}
	out.LastReconciliation = *run.CompletedAt
	conn := r.books.DB().WithContext(ctx)
	for _, class := range reconciliation.Classes {
		out.Findings[class] = 0
	}
	for currency := range out.Imbalance { // the ledger's currencies, which balance has read from the seals
		out.Clearing[currency] = 0
	}
	var open []struct {
		Class      reconciliation.Class
		Object     reconciliation.Object
		Currency   money.Currency
		Count      int64
		Difference int64
	}
	if err := conn.Raw(openFindings, run.ID, recon.ItemFound, run.ID, recon.ItemFailed).Scan(&open).Error; err != nil {
		return fmt.Errorf("open findings: %w", err)
	}
	for _, row := range open {
		out.Findings[row.Class] += row.Count
		if row.Object == reconciliation.ObjectClearing {
			out.Clearing[row.Currency] += row.Difference
		}
	}
	return nil
}

// openFindings reads the run's open items by idx_items_state, one range for each state.
var openFindings = fmt.Sprintf(`SELECT class, object, currency, COUNT(*) AS count, SUM(amount_here - amount_at_stripe) AS difference FROM (
	(SELECT class, object, currency, amount_here, amount_at_stripe FROM reconciliation_items WHERE run_id = ? AND state = ? LIMIT %[1]d)
	UNION ALL
	(SELECT class, object, currency, amount_here, amount_at_stripe FROM reconciliation_items WHERE run_id = ? AND state = ? LIMIT %[1]d)) i
	GROUP BY class, object, currency`, Cap)
