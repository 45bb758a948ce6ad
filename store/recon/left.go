package recon

import (
	"context"

	"farebook/reconciliation"
)

// maxLeft is how many items LeftOpen reads: enough to say how bad it is.
const maxLeft = 1000

// LeftOpen lists what the last run over everything found, could not heal, and nobody has dealt with since: one item an object, the
// oldest first, up to maxLeft items. What was posted since is left out, and what was resolved as an item of another run. Of a dry
// run nothing is left, as nothing was tried; balances are compared anew (CompareBalances).
func (r *Runs) LeftOpen(ctx context.Context) ([]Item, error) {
	var rows []itemRow
	last := r.db.Model(&runRow{}).Select("MAX(id)").Where("status = ? AND scope = ? AND dry_run = ?", RunCompleted, reconciliation.ScopeAll,
		false)
	err := r.db.WithContext(ctx).Where("run_id = (?) AND state IN ? AND class <> ? AND object NOT IN ?", last, []string{ItemFound, ItemFailed},
		reconciliation.Timing, []reconciliation.Object{reconciliation.ObjectClearing, reconciliation.ObjectBalanceKind}).
		Order("id").Limit(maxLeft).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	items, findings, lines := make([]Item, len(rows)), make([]reconciliation.Finding, len(rows)), []reconciliation.Line{}
	for i, row := range rows {
		items[i] = row.domain()
		findings[i] = items[i].Finding
		if items[i].BalanceTransactionID != "" {
			lines = append(lines, items[i].Line())
		}
	}
	resolutions, err := r.resolvedBefore(ctx, findings)
	if err != nil {
		return nil, err
	}
	posted, err := r.PostingsOf(ctx, lines)
	if err != nil {
		return nil, err
	}
	return stillOpen(items, func(item Item) bool {
		_, resolved := resolutions[differenceOf(item.Finding)]
		now := reconciliation.Clearing(posted[item.BalanceTransactionID])
		return resolved || item.BalanceTransactionID != "" && now[item.Currency] != item.Posted
	}), nil
}

// stillOpen keeps one item of each object of which none is settled: a payment whose event was lost is an item by its state and
// another by its balance transaction, and once the one is posted, the other agrees.
func stillOpen(items []Item, settled func(Item) bool) (open []Item) {
	type object struct {
		kind reconciliation.Object
		id   string
	}
	done := map[object]bool{}
	for _, item := range items {
		if settled(item) {
			done[object{item.Object, item.StripeID}] = true
		}
	}
	for _, item := range items {
		of := object{item.Object, item.StripeID}
		if !done[of] {
			open = append(open, item)
		}
		done[of] = true
	}
	return open
}
