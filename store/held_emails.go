package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"farebook/access"
	"farebook/store/internal/db"
)

// Whether an email was sent cannot be known once the database has been restored: its row may have been queued then and sent since, or
// is written anew while the books catch up. So emails are held while a fence is up, and an operator releases or drops them.

// HeldEmail is an email that an operator decides about.
type HeldEmail struct {
	ID        uint64
	Reference string // empty for an email about a payout or a reconciliation
	Kind      string
	CreatedAt time.Time
}

// HeldEmails lists emails that are held, the oldest first, with ids above after.
func (s *Store) HeldEmails(ctx context.Context, after uint64, limit int) ([]HeldEmail, error) {
	var held []HeldEmail
	err := s.db.WithContext(ctx).Table("emails e").Joins("LEFT JOIN bookings b ON b.id = e.booking_id").
		Select("e.id, COALESCE(b.reference, '') AS reference, e.kind, e.created_at").
		Where("e.status = ? AND e.id > ?", EmailHeld, after).Order("e.id").Limit(limit).Scan(&held).Error
	return held, err
}

// CountHeldEmails counts emails that are held.
func (s *Store) CountHeldEmails(ctx context.Context) (count int64, err error) {
	err = s.db.WithContext(ctx).Model(&emailRow{}).Where("status = ?", EmailHeld).Count(&count).Error
	return count, err
}

// HeldDecision is what an operator decides about held emails: those with the ids, or all where there are none.
type HeldDecision struct {
	IDs  []uint64
	Note string
	By   access.Actor
	Now  time.Time
}

// FenceUpError says that a fence is up and keeps something from being done.
type FenceUpError struct{ Fence Fence }

func (e *FenceUpError) Error() string {
	return fmt.Sprintf("a fence is up since %s: %s", e.Fence.RaisedAt.UTC().Format(time.RFC3339), e.Fence.Reason)
}

// ReleaseEmails queues held emails, which the sweeper then has sent, and returns how many. It returns *FenceUpError while a fence is up.
func (s *Store) ReleaseEmails(ctx context.Context, d HeldDecision) (released int64, err error) {
	return s.decideHeld(ctx, d, ActionEmailRelease, map[string]any{"status": EmailQueued, "sending_until": nil})
}

// DropEmails decides that held emails are not sent, and returns how many.
func (s *Store) DropEmails(ctx context.Context, d HeldDecision) (dropped int64, err error) {
	return s.decideHeld(ctx, d, ActionEmailDrop,
		map[string]any{"status": EmailSuppressed, "last_error": db.Truncate("not sent: "+d.Note, 500)})
}

func (s *Store) decideHeld(ctx context.Context, d HeldDecision, action Action, values map[string]any) (changed int64, err error) {
	err = s.db.InTransaction(ctx, func(tx *gorm.DB) error {
		fence, err := fenceUp(tx)
		if err != nil {
			return err
		}
		if fence != nil && action == ActionEmailRelease {
			return &FenceUpError{*fence}
		}
		held := tx.Model(&emailRow{}).Where("status = ?", EmailHeld)
		if len(d.IDs) > 0 {
			held = held.Where("id IN ?", d.IDs)
		}
		result := held.Updates(values)
		changed = result.RowsAffected
		if result.Error != nil || changed == 0 {
			return result.Error
		}
		subject := "emails"
		if len(d.IDs) == 1 {
			subject = fmt.Sprintf("email/%d", d.IDs[0])
		}
		return audit(tx, d.Now, AuditEntry{Actor: d.By, Action: action, Subject: subject, Detail: fmt.Sprintf("%d held", changed)})
	})
	return changed, err
}
