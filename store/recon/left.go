package recon

import (
	"context"

	"farebook/reconciliation"
)

// maxLeft bounds the items that LeftOpen returns; more would not tell an operator more.
const maxLeft = 1000

// LeftOpen returns the items of the last full run that could not be healed and are still unresolved: one per object, oldest first,
// maxLeft at most. Items that were posted since, or resolved through another run, are left out. A dry run leaves nothing open, because it
// tries nothing. Balances are compared separately (CompareBalances).
func (r *Runs) LeftOpen(ctx context.Context) ([]Item, error) {
	var rows []itemRow
	last := r.db.Model(&runRow{}).Select("id").Where("status = ? AND scope = ? AND dry_run = ?", RunCompleted, reconciliation.ScopeAll, false).
		Order("id DESC").Limit(1)
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

// stillOpen keeps one item of each object that has no settled item: a payment whose event was lost has one item for its state and another
// for its balance transaction, and once one is posted, the other agrees.
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
