package recon

import (
	"context"
	"time"

	"gorm.io/gorm"

	"farebook/store"
	"farebook/webhook"
)

// WriteDifferences writes the event that a run has found differences, once a run, for the endpoints of clients that may read operations.
func (r *Runs) WriteDifferences(ctx context.Context, found webhook.EventReconciliation, now time.Time) error {
	err := r.db.InTransaction(ctx, func(tx *gorm.DB) error {
		data := webhook.ReconciliationData{Reconciliation: found}
		return store.WriteOperationsEvent(tx, now, webhook.ReconciliationDifferences, found.ID, data)
	})
	if err == nil {
		r.books.AnnounceOperations()
	}
	return err
}
