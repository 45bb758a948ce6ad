package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"farebook/access"
	"farebook/booking"
	"farebook/notice"
	"farebook/store/internal/db"
)

type emailRow struct {
	ID          uint64
	BookingID   *uint64
	Kind        notice.Kind
	Audience    notice.Audience
	DedupeKey   string
	MessageID   string
	DeclineCode string
	ContentJSON *string `gorm:"column:content_json"`
	ResentOf    *uint64
	Status      string
	Attempts    int
	LastError   string
	// RecipientSha256 is set for emails whose number per address is bounded.
	RecipientSha256 []byte
	// SendingUntil is when the claim of the attempt that is running ends.
	SendingUntil *time.Time
	ServerAnswer *string // of the mail server that took it; NULL until then, and for emails of older releases
	CreatedAt    time.Time
	SentAt       *time.Time
	// Booking and Imported are only set by Joins.
	Booking  *bookingRow  `gorm:"foreignKey:BookingID"`
	Imported *earlierName `gorm:"foreignKey:BookingID;references:Row"`
}

func (emailRow) TableName() string { return "emails" }

// The states of an email.
const (
	EmailQueued = "queued"
	EmailSent   = "sent"
	EmailFailed = "failed" // refused for good, or given up
	// EmailSuppressed was never queued: its address had enough emails about unpaid bookings, or the system that Farebook replaces has
	// told the reader already.
	EmailSuppressed = "suppressed"
	// EmailHeld was queued before or while a fence was up, and may have been sent before the database was restored.
	EmailHeld = "held"
)

// Email is one email with the booking it is about.
type Email struct {
	ID uint64
	// Booking is empty for an email about a payout.
	Booking Booking
	// Earlier is what an imported booking was called in the system that took it: its customer knows no other name.
	Earlier     string
	Kind        notice.Kind
	Audience    notice.Audience
	MessageID   string // with its angle brackets
	DeclineCode string // of the decline that the email is about
	Notice      notice.Content
	Status      string
	Attempts    int
	LastError   string
	// ServerAnswer is what the mail server said when it took the email, without addresses.
	ServerAnswer string
	ResentOf     uint64 // the email that it is a copy of; zero for an original
	CreatedAt    time.Time
	SentAt       *time.Time
}

// CorrelationID is what the email's header and its log lines bear, however often it is sent: the booking's, or that of the
// reconciliation that it reports. An email about a payout has none.
func (e Email) CorrelationID() string {
	if e.Kind == notice.Reconciliation && e.Notice.Reconciliation != nil {
		return e.Notice.Reconciliation.ID
	}
	return e.Booking.CorrelationID
}

// Content is what the email is rendered from.
func (e Email) Content() notice.Email {
	return notice.Email{
		Kind:          e.Kind,
		Reference:     e.Booking.Reference,
		Earlier:       e.Earlier,
		Customer:      e.Booking.Customer,
		Flight:        e.Booking.Flight,
		Amount:        e.Booking.Amount,
		HoldExpiresAt: e.Booking.HoldExpiresAt,
		Supplement:    e.Booking.Supplement,
		DeclineCode:   e.DeclineCode,
		// an email about a decline may invite to another attempt: the booking was not closed without payment
		Payable:   e.Booking.Status == booking.StatusPendingPayment || e.Booking.Status == booking.StatusConfirmed,
		Confirmed: e.Booking.Payment != nil && e.Booking.Payment.AmountCaptured > 0,
		Notice:    e.Notice,
	}
}

// Email reads an email with its booking by one statement, or ErrNotFound.
func (s *Store) Email(ctx context.Context, id uint64) (Email, error) {
	var row emailRow
	err := s.db.WithContext(ctx).Joins("Booking").Joins("Booking.Payment").Joins("Imported").Where("emails.id = ?", id).Take(&row).Error
	if err != nil {
		return Email{}, db.NotFound(err)
	}
	email, err := row.domain()
	if err != nil || row.Booking == nil {
		return email, err
	}
	if row.Imported != nil {
		email.Earlier = row.Imported.Reference
	}
	email.Booking, err = row.Booking.withPayment()
	return email, err
}

func (r emailRow) domain() (Email, error) {
	email := Email{
		ID: r.ID, Kind: r.Kind, Audience: r.Audience, MessageID: r.MessageID,
		DeclineCode: r.DeclineCode, Status: r.Status, Attempts: r.Attempts, LastError: r.LastError, ServerAnswer: db.OrEmpty(r.ServerAnswer),
		ResentOf: db.IDOrZero(r.ResentOf), CreatedAt: r.CreatedAt, SentAt: r.SentAt,
	}
	if r.ContentJSON != nil {
		if err := json.Unmarshal([]byte(*r.ContentJSON), &email.Notice); err != nil {
			return Email{}, fmt.Errorf("content of email %d in the database: %w", r.ID, err)
		}
	}
	return email, nil
}

// EmailsOf are a booking's emails, oldest first, without the booking in each.
func (s *Store) EmailsOf(ctx context.Context, bookingID uint64) ([]Email, error) {
	return emailsOf(s.db.WithContext(ctx), bookingID)
}

// emailsOf has the name of an imported booking in each where conn joins Imported.
func emailsOf(conn *gorm.DB, bookingID uint64) ([]Email, error) {
	var rows []emailRow
	if err := conn.Where("emails.booking_id = ?", bookingID).Order("emails.id").Find(&rows).Error; err != nil {
		return nil, err
	}
	emails := make([]Email, 0, len(rows))
	for _, row := range rows {
		email, err := row.domain()
		if err != nil {
			return nil, err
		}
		if row.Imported != nil {
			email.Earlier = row.Imported.Reference
		}
		emails = append(emails, email)
	}
	return emails, nil
}

// ResendEmail queues a copy of an email, with its own Message-ID, and returns its id. An email that is still queued is
// not copied: its own id comes back.
func (s *Store) ResendEmail(ctx context.Context, id uint64, by access.Actor, now time.Time) (uint64, error) {
	return s.ResendEmailFor(ctx, id, "", by, now)
}

// ResendEmailFor is ResendEmail for a request, whose repetition finds the copy that it has made: UNIQUE dedupe key.
func (s *Store) ResendEmailFor(ctx context.Context, id uint64, request string, by access.Actor, now time.Time) (uint64, error) {
	copied := id
	err := s.db.InTransaction(ctx, func(tx *gorm.DB) error {
		var row emailRow
		if err := db.NotFound(tx.Clauses(db.ForUpdate).Where("id = ?", id).Take(&row).Error); err != nil {
			return err
		}
		if row.Status == EmailQueued {
			return nil
		}
		if err := row.sendable(tx); err != nil {
			return err
		}
		original := row.ID
		// The copies are counted by their keys, which are UNIQUE and therefore indexed; resent_of is not.
		copyOf := fmt.Sprintf("resent/%d", original)
		if request != "" {
			var known emailRow
			err := tx.Where("dedupe_key = ?", copyOf+"/"+request).Take(&known).Error
			if !errors.Is(err, gorm.ErrRecordNotFound) {
				copied = known.ID
				return err
			}
		}
		var copies int64
		if err := tx.Model(&emailRow{}).Where("dedupe_key LIKE ?", likeOwner(copyOf)).Count(&copies).Error; err != nil {
			return err
		}
		row.ID, row.ResentOf = 0, &original
		row.DedupeKey = fmt.Sprintf("%s/%d", copyOf, copies+1)
		if request != "" {
			row.DedupeKey = copyOf + "/" + request
		}
		row.MessageID = fmt.Sprintf("<resent.%d.%d@%s>", original, copies+1, notice.MessageIDDomain)
		row.Status, row.Attempts, row.LastError, row.SendingUntil, row.CreatedAt, row.SentAt = EmailQueued, 0, "", nil, now, nil
		row.ServerAnswer = nil
		if err := holdIfFenced(tx, &row); err != nil {
			return err
		}
		if err := tx.Create(&row).Error; err != nil {
			return err
		}
		copied = row.ID
		return audit(tx, now, AuditEntry{
			Actor: by, Action: ActionEmailResend, Subject: fmt.Sprintf("email/%d", id), BookingID: row.BookingID,
			Detail: fmt.Sprintf("%s as email/%d", row.Kind, copied),
		})
	})
	return copied, err
}

// ErrEmailEmptied says that an email cannot be sent again, because its content, or the data of its traveller, is not kept any more.
var ErrEmailEmptied = errors.New("the content of this email is not kept any more, so that it cannot be sent again")

// sendable returns ErrEmailEmptied for an email whose content is gone.
func (r emailRow) sendable(tx *gorm.DB) error {
	email, err := r.domain()
	if err != nil {
		return err
	}
	if email.Notice.Emptied {
		return ErrEmailEmptied
	}
	if r.BookingID == nil || r.Audience != notice.ToCustomer {
		return nil
	}
	var erased int64
	err = tx.Model(&bookingRow{}).Where("id = ? AND erased_at IS NOT NULL", *r.BookingID).Count(&erased).Error
	if err == nil && erased > 0 {
		return ErrEmailEmptied
	}
	return err
}
