package monthend

import (
	"context"
	"math"
	"time"

	"gorm.io/gorm"

	"farebook/access"
	"farebook/internal/failpoint"
	"farebook/ledger"
	"farebook/ledger/closing"
	"farebook/store"
	"farebook/store/internal/db"
	"farebook/store/internal/journal"
)

// ProposeClose checks a month and keeps the proposal to close it with its present trial balance. notes say why findings do not block it; a
// finding without a note refuses the proposal, and the review says which. The same proposal again is harmless. Errors: *RefusedError,
// *BlockedError.
func (m *Months) ProposeClose(ctx context.Context, period ledger.Period, notes []closing.Note, by access.Actor) (Proposal, Review, error) {
	review, err := m.Review(ctx, period, notes)
	if err != nil {
		return Proposal{}, review, err
	}
	if err := review.blocked(); err != nil {
		return Proposal{}, review, err
	}
	now := m.books.Now()
	var kept Proposal
	err = m.db.InTransaction(ctx, func(tx *gorm.DB) error {
		books, err := journal.Opening(tx, journal.Shared)
		if err != nil {
			return err
		}
		if err := closable(books.Calendar, period, now); err != nil {
			return err
		}
		proposal := Proposal{
			Kind: KindClose, Subject: string(period), By: by, Content: Content{Notes: review.Notes},
			Digest: closing.ProposalDigest(closing.Close, review.Trial, "", review.Notes),
		}
		kept, err = propose(tx, proposal, "digest "+proposal.Digest.String(), now)
		failpoint.Hit("before-propose-close")
		return err
	})
	if err == nil {
		failpoint.Hit("after-propose-close")
	}
	return kept, review, err
}

// closable returns *RefusedError for a month that cannot be closed next.
func closable(calendar ledger.Calendar, period ledger.Period, now time.Time) error {
	switch {
	case calendar.IsClosed(period):
		return refused("%s is closed already", period)
	case calendar.FirstOpen != "" && period != calendar.FirstOpen:
		return refused("%s is not the next month: close %s first", period, calendar.FirstOpen)
	case now.Before(calendar.End(period)):
		return refused("%s ends at %s: a month is closed when it is over", period, calendar.End(period).Format(time.RFC3339))
	}
	return nil
}

// ApproveClose closes a month that somebody else has proposed to close, with the trial balance that was proposed. The month is summed up
// before postings have to wait for it; under the lock only what was posted since is added. The closing's number is its primary key and the
// calendar moves in the same transaction, so that a repetition finds the month closed. Errors: *RefusedError, *BlockedError.
func (m *Months) ApproveClose(ctx context.Context, period ledger.Period, by access.Actor) (closing.Closing, error) {
	proposal, found, err := openProposal(m.db.WithContext(ctx), KindClose, string(period))
	if err != nil {
		return closing.Closing{}, err
	}
	if !found {
		return m.closedBy(ctx, period, by)
	}
	upTo, err := m.complete(ctx)
	if err != nil {
		return closing.Closing{}, err
	}
	read, err := m.read(ctx, period, upTo)
	if err != nil {
		return closing.Closing{}, err
	}
	review, err := m.reviewOf(ctx, read, proposal.Content.Notes)
	if err != nil {
		return closing.Closing{}, err
	}
	if err := review.blocked(); err != nil {
		return closing.Closing{}, err
	}
	var made closing.Closing
	err = m.alone(ctx, func(tx *gorm.DB, books journal.Books) error {
		made, err = m.closeAlone(tx, books, read, by)
		return err
	})
	if err == nil {
		failpoint.Hit("after-approve-close")
	}
	return made, err
}

// closeAlone closes a month while nobody posts.
func (m *Months) closeAlone(tx *gorm.DB, books journal.Books, read sumsSoFar, by access.Actor) (closing.Closing, error) {
	now := m.books.Now()
	if err := closable(books.Calendar, read.period, now); err != nil {
		return closing.Closing{}, err
	}
	if err := eachHasItsPeriod(tx, journal.Shared); err != nil {
		return closing.Closing{}, err
	}
	since, err := journal.SumsOfPeriod(tx, read.period, read.upTo, math.MaxInt64)
	if err != nil {
		return closing.Closing{}, err
	}
	read.sums.Add(since)
	trial := read.trial(books.ZoneName())
	if err := trial.Check(); err != nil {
		return closing.Closing{}, refused("the trial balance of %s does not balance: %v", read.period, err)
	}
	proposal, err := approvedBy(tx, KindClose, read.period, by, now)
	if err != nil {
		return closing.Closing{}, err
	}
	if proposal.Digest != closing.ProposalDigest(closing.Close, trial, "", proposal.Content.Notes) {
		return closing.Closing{}, refused("%s has changed since the close was proposed at %s: propose it again", read.period,
			proposal.At.UTC().Format(time.RFC3339))
	}
	made, err := record(tx, closing.Closing{
		Action: closing.Close, Trial: trial, Notes: proposal.Content.Notes, ProposedAt: proposal.At, ProposedBy: proposal.By.Name,
		ApprovedAt: now, ApprovedBy: by.Name,
	})
	if err != nil {
		return closing.Closing{}, err
	}
	if err := journal.SetFirstOpen(tx, read.period.Next(), books.ZoneName()); err != nil {
		return closing.Closing{}, err
	}
	failpoint.Hit("before-approve-close")
	return made, store.AuditIn(tx, now, store.AuditEntry{
		Actor: by, Action: store.ActionClose, Subject: string(read.period), Detail: "digest " + made.Digest.String(),
	})
}

// approvedBy reads and ends the open proposal about a month, which somebody else has made.
func approvedBy(tx *gorm.DB, kind Kind, period ledger.Period, by access.Actor, now time.Time) (Proposal, error) {
	proposal, found, err := openProposal(tx.Clauses(db.ForUpdate), kind, string(period))
	switch {
	case err != nil:
		return Proposal{}, err
	case !found:
		return Proposal{}, refused("nobody has proposed to %s %s, or it was decided meanwhile", kind, period)
	}
	if err := differentPeople(tx, proposal.By, by); err != nil {
		return Proposal{}, err
	}
	return proposal, decide(tx, proposal, approved, by, now)
}

// record inserts a closing after the last one, under the lock that only one holds. Its times and names are as the columns keep them.
func record(tx *gorm.DB, c closing.Closing) (closing.Closing, error) {
	last, err := lastClosing(tx)
	if err != nil {
		return closing.Closing{}, err
	}
	if err := tx.Raw("SELECT COALESCE(MAX(id), 0) FROM financial_ledger").Scan(&c.LastLedgerID).Error; err != nil {
		return closing.Closing{}, err
	}
	c.ProposedAt, c.ApprovedAt = c.ProposedAt.UTC().Truncate(time.Microsecond), c.ApprovedAt.UTC().Truncate(time.Microsecond)
	c.ProposedBy, c.ApprovedBy = db.Truncate(c.ProposedBy, maxActor), db.Truncate(c.ApprovedBy, maxActor)
	made := c.Sealed(last)
	row, err := closingRowOf(made)
	if err != nil {
		return closing.Closing{}, err
	}
	return made, tx.Create(&row).Error
}

// maxActor is the length of an actor's name in characters that its columns hold.
const maxActor = 200

// closedBy is the close of a month that the same operator has approved before, so that a repetition is harmless.
func (m *Months) closedBy(ctx context.Context, period ledger.Period, by access.Actor) (closing.Closing, error) {
	made, found, err := m.Closing(ctx, period)
	switch {
	case err != nil:
		return closing.Closing{}, err
	case found && db.Truncate(by.Name, maxActor) == made.ApprovedBy:
		return made, nil
	case found:
		return closing.Closing{}, refused("%s is closed already", period)
	}
	return closing.Closing{}, refused("nobody has proposed to close %s: propose it first", period)
}
