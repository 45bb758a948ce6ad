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

// TellOfRun queues one email per run to the finance department about its findings, and returns its id while it is not sent.
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

// TellOfOverdue queues one email to the finance department saying that no run has completed since the given one, or that no run ever has.
// It returns the email's id while it is not sent.
func (r *Runs) TellOfOverdue(ctx context.Context, last Run, now time.Time) ([]uint64, error) {
	owner := "overdue-" + cmp.Or(last.CorrelationID, "first")
	return r.books.QueueEmail(ctx, now, store.OperatorEmail{
		Kind: notice.ReconciliationOverdue, Owner: owner, Occasion: "overdue",
		Content: notice.Content{Reconciliation: &notice.ReconciliationContent{ID: last.CorrelationID, Scanned: last.Scanned}},
	})
}
