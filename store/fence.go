package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"farebook/access"
	"farebook/store/internal/db"
)

// Fence keeps money from moving while the books may miss what Stripe has, as after a restore of the database: bookings, captures,
// cancellations and refunds are refused, effects at Stripe are looked for and not asked for, and emails are held.
type Fence struct {
	ID        uint64
	RaisedAt  time.Time
	RaisedBy  string
	Reason    string
	Evidence  string // what shows that the database was restored; empty where an operator raised the fence
	LoweredAt *time.Time
	LoweredBy string
	Note      string
}

type fenceRow struct {
	ID        uint64
	RaisedAt  time.Time
	RaisedBy  string
	Reason    string
	Evidence  string
	LoweredAt *time.Time
	LoweredBy string
	Note      string
}

func (fenceRow) TableName() string { return "fences" }

// NewFence is what a fence is raised with.
type NewFence struct {
	Reason   string
	Evidence string
	By       access.Actor
	Now      time.Time
}

// Fence returns the fence that is up, or nil.
func (s *Store) Fence(ctx context.Context) (*Fence, error) {
	return fenceUp(s.db.WithContext(ctx))
}

func fenceUp(tx *gorm.DB) (*Fence, error) {
	var rows []fenceRow
	err := tx.Where("is_up = 1").Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	fence := Fence(rows[0])
	return &fence, nil
}

// fenceIsUp is a condition: a fence is up.
const fenceIsUp = "EXISTS (SELECT 1 FROM fences WHERE is_up = 1)"

// fenceAge is how old an answer may be that no fence is up, for what reads it with something else.
const fenceAge = time.Second

// noFenceAt is when no fence was up, of what was asked at a time; zero while one is up.
func noFenceAt(fenced bool, asked time.Time) time.Time {
	if fenced {
		return time.Time{}
	}
	return asked
}

// NoFenceStill reports whether it still counts that no fence was up at a time. Zero never counts.
func NoFenceStill(at, now time.Time) bool { return now.Sub(at) < fenceAge }

type noFenceKey struct{}

// WithNoFence notes in a context that no fence was up at a time, so that whoever needs to know soon after need not read it.
func WithNoFence(ctx context.Context, at time.Time) context.Context {
	return context.WithValue(ctx, noFenceKey{}, at)
}

// SawNoFence reports whether the context says that no fence was up at a time that still counts.
func SawNoFence(ctx context.Context, now time.Time) bool {
	at, noted := ctx.Value(noFenceKey{}).(time.Time)
	return noted && NoFenceStill(at, now)
}

// RaiseFence raises a fence, holds the emails that are queued and leaves a gap behind the last ids. raised is false when one is up already,
// which is returned as it is. Harmless when repeated: UNIQUE is_up.
func (s *Store) RaiseFence(ctx context.Context, in NewFence) (fence Fence, raised bool, err error) {
	err = s.db.InTransaction(ctx, func(tx *gorm.DB) error {
		raised = false
		up, err := fenceUp(tx)
		if err != nil {
			return err
		}
		if up != nil {
			fence = *up
			return nil
		}
		row := fenceRow{
			RaisedAt: in.Now, RaisedBy: db.Truncate(in.By.Name, 200), Reason: db.Truncate(in.Reason, 200),
			Evidence: db.Truncate(in.Evidence, 500),
		}
		if err := tx.Create(&row).Error; err != nil {
			return err
		}
		fence, raised = Fence(row), true
		if err := holdQueuedEmails(tx); err != nil {
			return err
		}
		if err := skipIDs(tx); err != nil {
			return err
		}
		return audit(tx, in.Now, AuditEntry{Actor: in.By, Action: ActionFenceRaise, Subject: fenceSubject(row.ID), Detail: in.Evidence})
	})
	if db.DuplicateKey(err) { // another raised one at the same moment
		up, findErr := s.Fence(ctx)
		if findErr != nil || up == nil {
			return Fence{}, false, err
		}
		return *up, false, nil
	}
	return fence, raised, err
}

// LowerFence lowers the fence that is up; ErrNotFound when none is. Emails that are held stay so until an operator decides.
func (s *Store) LowerFence(ctx context.Context, note string, by access.Actor, now time.Time) (Fence, error) {
	var row fenceRow
	err := s.db.InTransaction(ctx, func(tx *gorm.DB) error {
		if err := tx.Clauses(db.ForUpdate).Where("is_up = 1").Take(&row).Error; err != nil {
			return db.NotFound(err)
		}
		row.LoweredAt, row.LoweredBy, row.Note = &now, db.Truncate(by.Name, 200), db.Truncate(note, 500)
		if err := db.Save(tx, &row, "lowered_at", "lowered_by", "note"); err != nil {
			return err
		}
		if err := holdQueuedEmails(tx); err != nil { // those of transactions that began before it was raised
			return err
		}
		return audit(tx, now, AuditEntry{Actor: by, Action: ActionFenceLower, Subject: fenceSubject(row.ID)})
	})
	return Fence(row), err
}

// Fences lists fences, the newest first.
func (s *Store) Fences(ctx context.Context, limit int) ([]Fence, error) {
	var rows []fenceRow
	err := s.db.WithContext(ctx).Order("id DESC").Limit(limit).Find(&rows).Error
	fences := make([]Fence, len(rows))
	for i, row := range rows {
		fences[i] = Fence(row)
	}
	return fences, err
}

func fenceSubject(id uint64) string { return fmt.Sprintf("fence/%d", id) }

// holdQueuedEmails holds what is queued. An attempt that is under way still records its end.
func holdQueuedEmails(tx *gorm.DB) error {
	return tx.Model(&emailRow{}).Where("status = ?", EmailQueued).Update("status", EmailHeld).Error
}

// holdIfFenced holds an email that is to be queued while a fence is up.
func holdIfFenced(tx *gorm.DB, email *emailRow) error {
	if email.Status != EmailQueued {
		return nil
	}
	fence, err := fenceUp(tx)
	if err == nil && fence != nil {
		email.Status = EmailHeld
	}
	return err
}

// idGap is how far the ids of a restored database continue behind its last one: more rows than are written between a backup and the
// restore. Workflows of before the restore remember ids of rows that are lost.
const idGap = 10_000_000

const gapPoint = "before_id_gap"

// skipIDs leaves a gap in the ids that histories at Temporal hold: of emails, reconciliations and their items. Without it a workflow of
// before the restore would take a new row for the one that it remembers, and pass over an email as sent. The server keeps its counter
// when the rows are rolled back, which takes no right beyond INSERT. Repeated, it leaves another gap.
func skipIDs(tx *gorm.DB) error {
	if err := tx.SavePoint(gapPoint).Error; err != nil {
		return err
	}
	for _, statement := range []string{
		`INSERT INTO emails (id, kind, dedupe_key, message_id, status, created_at)
		 SELECT COALESCE(MAX(id), 0) + @gap, 'gap', 'gap', 'gap', 'failed', @now FROM emails`,
		`INSERT INTO reconciliation_runs (id, correlation_id, scope, dry_run, lookback_days, payment_limit, status, window_start, window_end, started_at)
		 SELECT COALESCE(MAX(id), 0) + @gap, 'gap', 'all', TRUE, 0, 0, 'failed', @now, @now, @now FROM reconciliation_runs`,
		`INSERT INTO reconciliation_items (id, run_id, fingerprint, class, object, stripe_id, amount_here, amount_at_stripe, reason, created_at, updated_at)
		 SELECT COALESCE((SELECT MAX(id) FROM reconciliation_items), 0) + @gap, MAX(id), 'gap', 'gap', 'gap', 'gap', 0, 0, 'gap', @now, @now
		 FROM reconciliation_runs`,
	} {
		if err := tx.Exec(statement, map[string]any{"gap": idGap, "now": tx.NowFunc()}).Error; err != nil {
			return err
		}
	}
	return tx.RollbackTo(gapPoint).Error
}
