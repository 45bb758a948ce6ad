package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"farebook/store/internal/db"
)

// Sending is one attempt to send a mail: nobody else sends it until then.
type Sending struct {
	EmailID uint64
	Until   time.Time
}

// ClaimEmail begins an attempt. ok is false when another worker is at it, or the mail is queued no more. A worker that dies
// lets its claim run out; one that freezes past it has no time left to send. No attempt begins while a fence is up.
func (s *Store) ClaimEmail(ctx context.Context, id uint64, now, until time.Time) (sending Sending, ok bool, err error) {
	sending = Sending{EmailID: id, Until: until.Truncate(time.Microsecond)}
	claimed := s.db.WithContext(ctx).Model(&emailRow{}).
		Where("id = ? AND status = ? AND (sending_until IS NULL OR sending_until <= ?)", id, EmailQueued, now).
		Where("NOT EXISTS (SELECT 1 FROM fences WHERE is_up = 1)").
		Updates(map[string]any{"sending_until": sending.Until})
	return sending, claimed.RowsAffected == 1, claimed.Error
}

// NoteEmailAttempt records an attempt that failed, and lets the next one begin.
func (s *Store) NoteEmailAttempt(ctx context.Context, sending Sending, reason string) error {
	return s.db.WithContext(ctx).Model(&emailRow{}).Where("id = ? AND status = ? AND sending_until = ?", sending.EmailID, EmailQueued, sending.Until).
		Updates(map[string]any{"last_error": db.Truncate(reason, 500), "attempts": attempt, "sending_until": nil}).Error
}

// MarkEmailSent records that the server took the mail.
func (s *Store) MarkEmailSent(ctx context.Context, id uint64, now time.Time) error {
	return s.endEmail(ctx, id, map[string]any{"status": EmailSent, "sent_at": now, "last_error": "", "attempts": attempt})
}

// MarkEmailFailed records that the mail will not be sent. reason has no address in it.
func (s *Store) MarkEmailFailed(ctx context.Context, id uint64, reason string) error {
	return s.endEmail(ctx, id, map[string]any{"status": EmailFailed, "last_error": db.Truncate(reason, 500), "attempts": attempt})
}

var attempt = gorm.Expr("attempts + 1")

// endEmail changes a mail that is queued, or that a fence has held while it was being sent; one that was sent or given up stays as
// it is.
func (s *Store) endEmail(ctx context.Context, id uint64, values map[string]any) error {
	return s.db.WithContext(ctx).Model(&emailRow{}).Where("id = ? AND status IN ?", id, []string{EmailQueued, EmailHeld}).Updates(values).Error
}
