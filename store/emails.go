package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"farebook/booking"
)

// The states of a mail.
const (
	EmailQueued = "queued"
	EmailSent   = "sent"
	EmailFailed = "failed" // refused for good, or given up
)

// occasionDecline is that of a mail about a decline; the mail about a booking's end has its kind as its occasion.
const occasionDecline = "decline"

// messageIDDomain is the right side of every Message-ID. It names a sender, not a host: it must be the same whichever
// machine sends, or a mail that goes twice would be two mails.
const messageIDDomain = "bookings.farebook.example"

// Email is one mail with the booking it is about.
type Email struct {
	ID          uint64
	Booking     Booking
	Kind        booking.EmailKind
	MessageID   string // with its angle brackets
	DeclineCode string // of the decline that the mail is about
	Status      string
	Attempts    int
}

// queueMail writes the row of a mail, once a booking and occasion: the customer is told of a decline once, and once more
// when the booking ends over it.
func (r *recording) queueMail(kind booking.EmailKind, occasion string) error {
	key := fmt.Sprintf("%s/%s", r.booking.Reference, occasion)
	var row emailRow
	err := r.tx.Select("id").Where("dedupe_key = ?", key).Take(&row).Error
	if !errors.Is(err, gorm.ErrRecordNotFound) {
		return err // nil: it is queued or sent already
	}
	return r.tx.Create(&emailRow{
		BookingID:   r.booking.ID,
		Kind:        string(kind),
		DedupeKey:   key,
		MessageID:   fmt.Sprintf("<%s.%s@%s>", strings.ToLower(r.booking.Reference), occasion, messageIDDomain),
		DeclineCode: r.payment.DeclineCode,
		Status:      EmailQueued,
		CreatedAt:   r.now,
	}).Error
}

// Email reads a mail, or ErrNotFound.
func (s *Store) Email(ctx context.Context, id uint64) (Email, error) {
	var row emailRow
	if err := s.db.WithContext(ctx).Where("id = ?", id).Take(&row).Error; err != nil {
		return Email{}, notFound(err)
	}
	owner, err := s.bookingByID(ctx, row.BookingID)
	if err != nil {
		return Email{}, err
	}
	return Email{
		ID: row.ID, Booking: owner, Kind: booking.EmailKind(row.Kind), MessageID: row.MessageID,
		DeclineCode: row.DeclineCode, Status: row.Status, Attempts: row.Attempts,
	}, nil
}

// MarkEmailSent records that the server took the mail.
func (s *Store) MarkEmailSent(ctx context.Context, id uint64, now time.Time) error {
	return s.updateEmail(ctx, id, map[string]any{"status": EmailSent, "sent_at": now, "last_error": "", "attempts": attempt})
}

// MarkEmailFailed records that the mail will not be sent. reason has no address in it.
func (s *Store) MarkEmailFailed(ctx context.Context, id uint64, reason string, _ time.Time) error {
	return s.updateEmail(ctx, id, map[string]any{"status": EmailFailed, "last_error": short(reason, 500), "attempts": attempt})
}

// NoteEmailAttempt records an attempt that failed and will be repeated.
func (s *Store) NoteEmailAttempt(ctx context.Context, id uint64, reason string) error {
	return s.updateEmail(ctx, id, map[string]any{"last_error": short(reason, 500), "attempts": attempt})
}

var attempt = gorm.Expr("attempts + 1")

// updateEmail changes a mail that is queued; one that was sent or given up stays as it is.
func (s *Store) updateEmail(ctx context.Context, id uint64, values map[string]any) error {
	return s.db.WithContext(ctx).Model(&emailRow{}).Where("id = ? AND status = ?", id, EmailQueued).Updates(values).Error
}
