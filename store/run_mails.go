package store

import (
	"cmp"
	"context"
	"time"

	"gorm.io/gorm"

	"farebook/money"
	"farebook/notice"
	"farebook/reconciliation"
)

// TellOfRun queues a mail to the finance department about what a run found, once a run, and returns it if it is not sent
// yet.
func (s *Store) TellOfRun(ctx context.Context, correlationID string, now time.Time) ([]uint64, error) {
	run, err := s.Run(ctx, correlationID)
	if err != nil {
		return nil, err
	}
	counts, err := s.Counts(ctx, run.ID)
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
	var mails []uint64
	err = s.db.InTransaction(ctx, func(tx *gorm.DB) error {
		err := queue(tx, now, letter{
			kind: notice.Reconciliation, owner: correlationID, occasion: "ended", content: &notice.Content{Reconciliation: about},
		})
		if err != nil {
			return err
		}
		mails, err = queuedMails(tx, correlationID)
		return err
	})
	return mails, err
}

// TellOfOverdue queues a mail to the finance department that no run has completed since this one, or none at all, once, and
// returns it if it is not sent yet.
func (s *Store) TellOfOverdue(ctx context.Context, last Run, now time.Time) ([]uint64, error) {
	owner := "overdue-" + cmp.Or(last.CorrelationID, "first")
	var mails []uint64
	err := s.db.InTransaction(ctx, func(tx *gorm.DB) error {
		err := queue(tx, now, letter{
			kind: notice.ReconciliationOverdue, owner: owner, occasion: "overdue",
			content: &notice.Content{Reconciliation: &notice.ReconciliationContent{ID: last.CorrelationID, Scanned: last.Scanned}},
		})
		if err != nil {
			return err
		}
		mails, err = queuedMails(tx, owner)
		return err
	})
	return mails, err
}
