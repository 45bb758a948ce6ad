package monthend

import (
	"context"

	"gorm.io/gorm"

	"farebook/access"
	"farebook/internal/failpoint"
	"farebook/ledger"
	"farebook/ledger/closing"
	"farebook/store"
	"farebook/store/internal/db"
	"farebook/store/internal/journal"
)

// ProposeReopen keeps the proposal to reopen the last closed month, for a reason. The same proposal again is harmless. Error:
// *RefusedError.
func (m *Months) ProposeReopen(ctx context.Context, period ledger.Period, reason string, by access.Actor) (kept Proposal, err error) {
	now := m.books.Now()
	err = m.db.InTransaction(ctx, func(tx *gorm.DB) error {
		closed, err := reopenable(tx, journal.Shared, period)
		if err != nil {
			return err
		}
		proposal := Proposal{
			Kind: KindReopen, Subject: string(period), By: by, Content: Content{Reason: reason},
			Digest: closing.ProposalDigest(closing.Reopen, closed.Trial, reason, nil),
		}
		kept, err = propose(tx, proposal, "closing "+closed.Digest.String(), now)
		failpoint.Hit("before-propose-reopen")
		return err
	})
	if err == nil {
		failpoint.Hit("after-propose-reopen")
	}
	return kept, err
}

// reopenable reads the close of the last closed month under the lock of the calendar, and returns *RefusedError for another month.
func reopenable(tx *gorm.DB, lock string, period ledger.Period) (closing.Closing, error) {
	books, err := journal.Opening(tx, lock)
	if err != nil {
		return closing.Closing{}, err
	}
	return lastClosed(tx, books.Calendar, period)
}

func lastClosed(tx *gorm.DB, calendar ledger.Calendar, period ledger.Period) (closing.Closing, error) {
	last := calendar.LastClosed()
	switch {
	case last == "":
		return closing.Closing{}, refused("%s cannot be reopened: no month is closed", period)
	case period > last:
		return closing.Closing{}, refused("%s is open: the last closed month is %s", period, last)
	case period < last:
		return closing.Closing{}, refused("%s cannot be reopened: only the last closed month can, which is %s", period, last)
	}
	closed, found, err := closingOf(tx, period)
	if err == nil && !found {
		err = refused("%s was closed with a later month: it has no close that could be undone", period)
	}
	return closed, err
}

// ApproveReopen reopens the last closed month, which somebody else has proposed. Its transactions stay in it; later months keep theirs, so
// that the month can be closed again with what is posted now. A repetition finds it reopened. Error: *RefusedError.
func (m *Months) ApproveReopen(ctx context.Context, period ledger.Period, by access.Actor) (made closing.Closing, err error) {
	now := m.books.Now()
	err = m.alone(ctx, func(tx *gorm.DB, books journal.Books) error {
		var again bool
		if made, again, err = reopenedBy(tx, period, by); err != nil || again {
			return err
		}
		closed, err := lastClosed(tx, books.Calendar, period)
		if err != nil {
			return err
		}
		proposal, err := approvedBy(tx, KindReopen, period, by, now)
		if err != nil {
			return err
		}
		made, err = record(tx, closing.Closing{
			Action: closing.Reopen, Trial: closed.Trial, Reason: proposal.Content.Reason, ProposedAt: proposal.At, ProposedBy: proposal.By.Name,
			ApprovedAt: now, ApprovedBy: by.Name,
		})
		if err != nil {
			return err
		}
		if err := journal.SetFirstOpen(tx, period, books.ZoneName()); err != nil {
			return err
		}
		failpoint.Hit("before-approve-reopen")
		return store.AuditIn(tx, now, store.AuditEntry{
			Actor: by, Action: store.ActionReopen, Subject: string(period), Detail: "digest " + made.Digest.String(),
		})
	})
	if err == nil {
		failpoint.Hit("after-approve-reopen")
	}
	return made, err
}

// reopenedBy is the reopening of a month that the same operator has approved before and nothing has followed.
func reopenedBy(tx *gorm.DB, period ledger.Period, by access.Actor) (closing.Closing, bool, error) {
	last, err := lastClosing(tx)
	again := last.Trial.Period == period && last.Action == closing.Reopen && last.ApprovedBy == db.Truncate(by.Name, maxActor)
	return last, again, err
}
