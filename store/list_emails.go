package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"farebook/booking"
	"farebook/notice"
	"farebook/store/internal/db"
)

// EmailFilter narrows a list of emails; what is zero does not.
type EmailFilter struct {
	Reference booking.Reference // of the booking that they are about
	Status    string
	Times
	Before uint64 // emails with a lower number
	Limit  int
}

// ListedEmail is an email of a list, without what it says.
type ListedEmail struct {
	ID        uint64
	Reference booking.Reference // empty for an email that is about no booking
	Kind      notice.Kind
	Audience  notice.Audience
	MessageID string
	Status    string
	Attempts  int
	LastError string
	ResentOf  uint64 // the email that it is a copy of; zero for an original
	CreatedAt time.Time
	SentAt    *time.Time
}

// emailTimes are the times at which emails were written.
var emailTimes = timedTable{"emails", "e", "created_at"}

// ListEmails lists emails, the newest first.
func (s *Store) ListEmails(ctx context.Context, f EmailFilter) ([]ListedEmail, error) {
	conn := s.db.WithContext(ctx)
	page, err := emailTimes.page(conn, f.Times, f.Before, f.Limit)
	if err != nil {
		return nil, err
	}
	index := "PRIMARY"
	switch {
	case f.Reference != "":
		index = "idx_emails_booking"
	case f.Status != "":
		index = "idx_emails_status"
	}
	query := listedEmails(conn, index).Scopes(page)
	if f.Reference != "" {
		query = query.Where("e.booking_id = (?)", conn.Table("bookings").Select("id").Where("reference = ?", f.Reference))
	}
	if f.Status != "" {
		query = query.Where("e.status = ?", f.Status)
	}
	var rows []listedEmailRow
	err = query.Find(&rows).Error
	listed := make([]ListedEmail, 0, len(rows))
	for _, row := range rows {
		listed = append(listed, row.listed())
	}
	return listed, err
}

// ListedEmail reads one email as a list shows it, or ErrNotFound.
func (s *Store) ListedEmail(ctx context.Context, id uint64) (ListedEmail, error) {
	var row listedEmailRow
	if err := listedEmails(s.db.WithContext(ctx), "PRIMARY").Where("e.id = ?", id).Take(&row).Error; err != nil {
		return ListedEmail{}, db.NotFound(err)
	}
	return row.listed(), nil
}

// listedEmailRow is an emailRow without what the email says and whom it is for.
type listedEmailRow struct {
	ID        uint64
	Kind      notice.Kind
	Audience  notice.Audience
	MessageID string
	ResentOf  *uint64
	Status    string
	Attempts  int
	LastError string
	CreatedAt time.Time
	SentAt    *time.Time
	Reference booking.Reference
}

func listedEmails(conn *gorm.DB, index string) *gorm.DB {
	return conn.Table("emails e FORCE INDEX (" + index + ")").Joins("LEFT JOIN bookings b ON b.id = e.booking_id").
		Select("e.id, e.kind, e.audience, e.message_id, e.resent_of, e.status, e.attempts, e.last_error, e.created_at, e.sent_at, " +
			"COALESCE(b.reference, '') AS reference")
}

func (r listedEmailRow) listed() ListedEmail {
	return ListedEmail{
		ID: r.ID, Reference: r.Reference, Kind: r.Kind, Audience: r.Audience, MessageID: r.MessageID, Status: r.Status,
		Attempts: r.Attempts, LastError: r.LastError, ResentOf: db.IDOrZero(r.ResentOf), CreatedAt: r.CreatedAt, SentAt: r.SentAt,
	}
}
