package recon

import (
	"cmp"
	"context"
	"time"

	"farebook/money"
	"farebook/notice"
	"farebook/reconciliation"
	"farebook/store"
)

// TellOfRun queues an email to the finance department about what a run found, once a run, and returns it if it is not sent
// yet.
func (r *Runs) TellOfRun(ctx context.Context, correlationID string, now time.Time) ([]uint64, error) {
	run, err := r.Run(ctx, correlationID)
	if err != nil {
		return nil, err
	}
	counts, err := r.Counts(ctx, run.ID)
	if err != nil {
		return nil, err
	}
	about := &notice.ReconciliationContent{ID: correlationID, Failed: run.Status == RunFailed, Scanned: run.Scanned}
	for _, count := range counts {
		if count.Class != reconciliation.Timing {
			about.Counts = append(about.Counts, notice.ReconciliationCount{
				Class: count.Class, State: count.State, Items: count.Items,
				Difference: money.Money{Value: count.Difference, Currency: count.Currency},
			})
		}
	}
	return r.books.QueueEmail(ctx, now, store.OperatorEmail{
		Kind: notice.Reconciliation, Owner: correlationID, Occasion: "ended", Content: notice.Content{Reconciliation: about},
	})
}

// TellOfOverdue queues an email to the finance department that no run has completed since this one, or none at all, once, and
// returns it if it is not sent yet.
func (r *Runs) TellOfOverdue(ctx context.Context, last Run, now time.Time) ([]uint64, error) {
	owner := "overdue-" + cmp.Or(last.CorrelationID, "first")
	return r.books.QueueEmail(ctx, now, store.OperatorEmail{
		Kind: notice.ReconciliationOverdue, Owner: owner, Occasion: "overdue",
		Content: notice.Content{Reconciliation: &notice.ReconciliationContent{ID: last.CorrelationID, Scanned: last.Scanned}},
	})
}
