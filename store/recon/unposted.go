package recon

import (
	"context"
	"time"

	"farebook/reconciliation"
)

// UnpostedLine is a balance transaction that a reconciliation asked a workflow to post and that is still not posted. RowID orders them.
type UnpostedLine struct {
	RowID         uint64
	ID            string // txn_...
	CorrelationID string // of the reconciliation
}

// UnpostedLines returns the balance transactions with the given healing, ordered by the id of their item and after one, whose posting
// failed before a time and that the ledger still does not have. An item that an operator has resolved is left out.
func (r *Runs) UnpostedLines(
	ctx context.Context, healing reconciliation.Healing, before time.Time, after uint64, limit int,
) (lines []UnpostedLine, err error) {
	err = r.db.WithContext(ctx).Table("reconciliation_items i").
		Select("i.id AS row_id, i.stripe_balance_transaction_id AS id, r.correlation_id").
		Joins("JOIN reconciliation_runs r ON r.id = i.run_id").
		Where("i.state = ? AND i.healing = ? AND i.id > ? AND i.updated_at < ?", ItemFailed, healing, after, before.UTC()).
		Where("NOT EXISTS (SELECT 1 FROM financial_ledger l WHERE l.stripe_balance_transaction_id = i.stripe_balance_transaction_id)").
		Order("i.id").Limit(limit).Scan(&lines).Error
	return lines, err
}
