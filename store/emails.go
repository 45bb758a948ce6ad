package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"farebook/access"
	"farebook/notice"
	"farebook/store/internal/db"
)

// The states of a mail.
const (
	EmailQueued = "queued"
	EmailSent   = "sent"
	EmailFailed = "failed" // refused for good, or given up
	// EmailSuppressed was never queued: its address had enough mails about unpaid bookings, or the system that Farebook replaces has
	// told the reader already.
	EmailSuppressed = "suppressed"
	// EmailHeld was queued before or while a fence was up, and may have been sent before the database was restored.
	EmailHeld = "held"
)

// Whom a mail is for.
const (
	audienceCustomer = "customer"
	audienceFinance  = "finance"
)

// occasionDecline is that of a mail about a decline; the mail about a booking's end has its kind as its occasion.
const occasionDecline = "decline"

// Email is one mail with the booking it is about.
type Email struct {
	ID uint64
	// Booking is empty for a mail about a payout.
	Booking Booking
	// Earlier is what an imported booking was called in the system that took it: its customer knows no other name.
	Earlier     string
	Kind        notice.Kind
	ForFinance  bool
	MessageID   string // with its angle brackets
	DeclineCode string // of the decline that the mail is about
	Notice      notice.Content
	Status      string
	Attempts    int
	LastError   string
	CreatedAt   time.Time
	SentAt      *time.Time
}

// CorrelationID is what the mail's header and its log lines bear, however often it is sent: the booking's, or that of the
// reconciliation that it reports. A mail about a payout has none.
func (e Email) CorrelationID() string {
	if e.Kind == notice.Reconciliation && e.Notice.Reconciliation != nil {
		return e.Notice.Reconciliation.ID
	}
	return e.Booking.CorrelationID
}

// letter is a mail to be queued. Owner is whose workflow sends it (a booking, a refund, a dispute, a payout), and with
// the occasion what makes it one mail however often it is queued.
type letter struct {
	kind        notice.Kind
	owner       string
	occasion    string
	bookingID   *uint64
	declineCode string
	content     *notice.Content
}

func (l letter) key() string { return l.owner + "/" + l.occasion }

// queueMail writes the row of a booking's own mail, once an occasion: the customer hears of a decline once, and once
// more when the booking ends over it.
func (b *lockedBooking) queueMail(kind notice.Kind, occasion string, content *notice.Content) error {
	row, err := letter{
		kind: kind, owner: string(b.booking.Reference), occasion: occasion, bookingID: &b.booking.ID,
		declineCode: b.payment.DeclineCode, content: content,
	}.row(b.now)
	if err == nil && kind.Unpaid() && b.quiet == "" {
		err = b.bound(&row)
	}
	if err != nil {
		return err
	}
	return b.insertMail(&row)
}

// write records an email of a refund or a dispute.
func (b *lockedBooking) write(l letter) error {
	row, err := l.row(b.now)
	if err != nil {
		return err
	}
	return b.insertMail(&row)
}

// insertMail writes an email's row; a quiet recording writes it as one that is not sent. The row keeps its UNIQUE key taken, so that
// no later recording queues the same email.
func (b *lockedBooking) insertMail(row *emailRow) error {
	if b.quiet != "" {
		row.Status, row.LastError = EmailSuppressed, b.quiet
	}
	return insertMail(b.tx, row)
}

// queue writes the mail's row.
func queue(tx *gorm.DB, now time.Time, l letter) error {
	row, err := l.row(now)
	if err != nil {
		return err
	}
	return insertMail(tx, &row)
}

func (l letter) row(now time.Time) (emailRow, error) {
	audience := audienceCustomer
	if l.kind.ForFinance() {
		audience = audienceFinance
	}
	row := emailRow{
		BookingID: l.bookingID, Kind: l.kind, Audience: audience, DedupeKey: l.key(),
		// A colon, as in the time in a scheduled run's id, may not stand there (RFC 5322, 3.6.4).
		MessageID:   fmt.Sprintf("<%s.%s@%s>", strings.ReplaceAll(strings.ToLower(l.owner), ":", "."), l.occasion, notice.MessageIDDomain),
		DeclineCode: l.declineCode, Status: EmailQueued, CreatedAt: now,
	}
	if l.content != nil {
		text, err := json.Marshal(l.content)
		if err != nil {
			return emailRow{}, err
		}
		row.ContentJSON = db.OrNil(string(text))
	}
	return row, nil
}

// OperatorEmail is an email that is about no booking. Owner and Occasion make it one email however often it is queued.
type OperatorEmail struct {
	Kind     notice.Kind
	Owner    string
	Occasion string
	Content  notice.Content
}

// QueueEmail queues an email, once an owner and occasion, and returns the ids of the owner's emails that are not sent yet.
func (s *Store) QueueEmail(ctx context.Context, now time.Time, e OperatorEmail) (ids []uint64, err error) {
	err = s.db.InTransaction(ctx, func(tx *gorm.DB) error {
		err := queue(tx, now, letter{kind: e.Kind, owner: e.Owner, occasion: e.Occasion, content: &e.Content})
		if err != nil {
			return err
		}
		ids, err = queuedMails(tx, e.Owner)
		return err
	})
	return ids, err
}

// queuedMails are an owner's mails that are not sent yet.
func queuedMails(tx *gorm.DB, owner string) (ids []uint64, err error) {
	err = tx.Model(&emailRow{}).Where("dedupe_key LIKE ? AND status = ?", likeOwner(owner), EmailQueued).Order("id").Pluck("id", &ids).Error
	return ids, err
}

// likeOwner matches an owner's keys: Stripe's ids have underscores, which LIKE would take for any character.
func likeOwner(owner string) string {
	return strings.NewReplacer(`\`, `\\`, "_", `\_`, "%", `\%`).Replace(owner) + "/%"
}

// Email reads a mail, or ErrNotFound.
func (s *Store) Email(ctx context.Context, id uint64) (Email, error) {
	var row emailRow
	if err := s.db.WithContext(ctx).Where("id = ?", id).Take(&row).Error; err != nil {
		return Email{}, db.NotFound(err)
	}
	mail, err := row.domain()
	if err != nil || row.BookingID == nil {
		return mail, err
	}
	if mail.Booking, err = s.bookingByID(ctx, *row.BookingID); err != nil {
		return mail, err
	}
	var imported importedRow
	err = s.db.WithContext(ctx).Where("booking_id = ?", *row.BookingID).Limit(1).Find(&imported).Error
	mail.Earlier = imported.EarlierReference
	return mail, err
}

func (r emailRow) domain() (Email, error) {
	mail := Email{
		ID: r.ID, Kind: r.Kind, ForFinance: r.Audience == audienceFinance, MessageID: r.MessageID,
		DeclineCode: r.DeclineCode, Status: r.Status, Attempts: r.Attempts, LastError: r.LastError, CreatedAt: r.CreatedAt, SentAt: r.SentAt,
	}
	if r.ContentJSON != nil {
		if err := json.Unmarshal([]byte(*r.ContentJSON), &mail.Notice); err != nil {
			return Email{}, fmt.Errorf("content of mail %d in the database: %w", r.ID, err)
		}
	}
	return mail, nil
}

// EmailsOf are a booking's mails, oldest first, without the booking in each.
func (s *Store) EmailsOf(ctx context.Context, bookingID uint64) ([]Email, error) {
	var rows []emailRow
	if err := s.db.WithContext(ctx).Where("booking_id = ?", bookingID).Order("id").Find(&rows).Error; err != nil {
		return nil, err
	}
	mails := make([]Email, 0, len(rows))
	for _, row := range rows {
		mail, err := row.domain()
		if err != nil {
			return nil, err
		}
		mails = append(mails, mail)
	}
	return mails, nil
}

// ResendEmail queues a copy of a mail, with its own Message-ID, and returns its id. A mail that is still queued is
// not copied: its own id comes back.
func (s *Store) ResendEmail(ctx context.Context, id uint64, by access.Actor, now time.Time) (uint64, error) {
	copied := id
	err := s.db.InTransaction(ctx, func(tx *gorm.DB) error {
		var row emailRow
		if err := db.NotFound(tx.Clauses(db.ForUpdate).Where("id = ?", id).Take(&row).Error); err != nil {
			return err
		}
		if row.Status == EmailQueued {
			return nil
		}
		var copies int64
		if err := tx.Model(&emailRow{}).Where("resent_of = ?", id).Count(&copies).Error; err != nil {
			return err
		}
		original := row.ID
		row.ID, row.ResentOf = 0, &original
		row.DedupeKey = fmt.Sprintf("resent/%d/%d", original, copies+1)
		row.MessageID = fmt.Sprintf("<resent.%d.%d@%s>", original, copies+1, notice.MessageIDDomain)
		row.Status, row.Attempts, row.LastError, row.SendingUntil, row.CreatedAt, row.SentAt = EmailQueued, 0, "", nil, now, nil
		if err := holdIfFenced(tx, &row); err != nil {
			return err
		}
		if err := tx.Create(&row).Error; err != nil {
			return err
		}
		copied = row.ID
		return audit(tx, now, AuditEntry{
			Actor: by, Action: ActionEmailResend, Subject: fmt.Sprintf("email/%d", id), BookingID: row.BookingID, Detail: fmt.Sprintf("%s as email/%d", row.Kind, copied),
		})
	})
	return copied, err
}
