package recon

import (
	"context"
)

// RunFilter narrows a list of runs; what is zero does not.
type RunFilter struct {
	Status string
	Before uint64 // runs with a lower id
	Limit  int
}

// List lists runs, the newest first.
func (r *Runs) List(ctx context.Context, f RunFilter) ([]Run, error) {
	query := r.db.WithContext(ctx).Order("id DESC").Limit(f.Limit)
	if f.Status != "" {
		query = query.Table("reconciliation_runs FORCE INDEX (idx_runs_status_id)").Where("status = ?", f.Status)
	}
	if f.Before != 0 {
		query = query.Where("id < ?", f.Before)
	}
	var rows []runRow
	err := query.Find(&rows).Error
	runs := make([]Run, 0, len(rows))
	for _, row := range rows {
		runs = append(runs, row.domain())
	}
	return runs, err
}
