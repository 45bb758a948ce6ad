package store

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"farebook/booking"
	"farebook/notice"
	"farebook/store/internal/db"
)

// occasionDecline is that of an email about a decline; the email about a booking's end has its kind as its occasion.
const occasionDecline = "decline"

// outgoingEmail is an email to be queued. Owner is whose workflow sends it (a booking, a refund, a dispute, a payout), and with
// the occasion what makes it one email however often it is queued.
type outgoingEmail struct {
	kind        notice.Kind
	owner       string
	occasion    string
	bookingID   *uint64
	declineCode string
	content     *notice.Content
}

func (e outgoingEmail) key() string { return e.owner + "/" + e.occasion }

// queueEmail writes the row of a booking's own email, once an occasion: the customer hears of a decline once, and once
// more when the booking ends over it.
func (b *lockedBooking) queueEmail(kind notice.Kind, occasion string, content *notice.Content) error {
	row, err := outgoingEmail{
		kind: kind, owner: string(b.booking.Reference), occasion: occasion, bookingID: &b.booking.ID,
		declineCode: b.payment.DeclineCode, content: content,
	}.row(b.now)
	if err == nil && kind.Unpaid() && b.quiet == "" {
		err = b.bound(&row)
	}
	if err != nil {
		return err
	}
	return b.insertEmail(&row)
}

// write records an email of a refund or a dispute.
func (b *lockedBooking) write(e outgoingEmail) error {
	row, err := e.row(b.now)
	if err != nil {
		return err
	}
	return b.insertEmail(&row)
}

// insertEmail writes an email's row; a quiet recording writes it as one that is not sent. The row keeps its UNIQUE key taken, so that
// no later recording queues the same email.
func (b *lockedBooking) insertEmail(row *emailRow) error {
	switch {
	case b.quiet != "":
		row.Status, row.LastError = EmailSuppressed, b.quiet
	case b.booking.ErasedAt != nil && row.Audience == notice.ToCustomer:
		row.Status, row.LastError = EmailSuppressed, "not sent: the data of the traveller was erased"
	}
	if b.fenced == nil {
		if err := holdIfFenced(b.tx, row); err != nil {
			return err
		}
	} else if *b.fenced && row.Status == EmailQueued {
		row.Status = EmailHeld
	}
	inserted, err := insertEmail(b.tx, row)
	if inserted && row.Status == EmailQueued {
		b.queued = append(b.queued, *row)
	}
	return err
}

// queue writes the email's row, and reports whether it was not there yet.
func queue(tx *gorm.DB, now time.Time, e outgoingEmail) (inserted bool, err error) {
	row, err := e.row(now)
	if err != nil {
		return false, err
	}
	if err := holdIfFenced(tx, &row); err != nil {
		return false, err
	}
	return insertEmail(tx, &row)
}

func (e outgoingEmail) row(now time.Time) (emailRow, error) {
	row := emailRow{
		BookingID: e.bookingID, Kind: e.kind, Audience: e.kind.Audience(), DedupeKey: e.key(),
		// A colon, as in the time in a scheduled run's id, may not stand there (RFC 5322, 3.6.4).
		MessageID:   fmt.Sprintf("<%s.%s@%s>", strings.ReplaceAll(strings.ToLower(e.owner), ":", "."), e.occasion, notice.MessageIDDomain),
		DeclineCode: e.declineCode, Status: EmailQueued, CreatedAt: now,
	}
	if e.content != nil {
		text, err := json.Marshal(e.content)
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
		_, err := queue(tx, now, outgoingEmail{kind: e.Kind, owner: e.Owner, occasion: e.Occasion, content: &e.Content})
		if err != nil {
			return err
		}
		ids, err = queuedEmails(tx, e.Owner)
		return err
	})
	return ids, err
}

// queuedEmails are an owner's emails that are not sent yet.
func queuedEmails(tx *gorm.DB, owner string) (ids []uint64, err error) {
	err = tx.Model(&emailRow{}).Where("dedupe_key LIKE ? AND status = ?", likeOwner(owner), EmailQueued).Order("id").Pluck("id", &ids).Error
	return ids, err
}

// likeOwner matches an owner's keys: Stripe's ids have underscores, which LIKE would take for any character.
func likeOwner(owner string) string {
	return strings.NewReplacer(`\`, `\\`, "_", `\_`, "%", `\%`).Replace(owner) + "/%"
}

// boundedFor is the time within which the emails of one address are counted.
const boundedFor = time.Hour

// recipientHash is what emails to one mailbox have in common.
func recipientHash(email string) []byte {
	sum := sha256.Sum256([]byte(booking.Mailbox(email)))
	return sum[:]
}

// bound counts the emails about unpaid bookings that an address was written within the hour, and suppresses this one when
// there are enough. Rows of other bookings count, too, so the address's lock is held until the transaction ends: of any
// number at once, exactly so many are queued. It is the last lock that a transaction takes.
func (b *lockedBooking) bound(email *emailRow) error {
	email.RecipientSha256 = recipientHash(b.booking.CustomerEmail)
	var bucket int
	err := b.tx.Raw("SELECT bucket FROM email_recipient_locks WHERE bucket = ? FOR UPDATE", email.RecipientSha256[0]).Scan(&bucket).Error
	if err != nil {
		return err
	}
	var within int64
	err = b.tx.Model(&emailRow{}).
		Where("recipient_sha256 = ? AND created_at > ? AND status <> ?", email.RecipientSha256, b.now.Add(-boundedFor), EmailSuppressed).
		Count(&within).Error
	if err == nil && within >= int64(b.emailsPerAddress) {
		email.Status = EmailSuppressed
		email.LastError = fmt.Sprintf("not sent: this address had %d emails about unpaid bookings within an hour "+
			"(MAILS_PER_ADDRESS_HOUR)", within)
	}
	return err
}

// insertEmail writes an email's row, and reports whether it was not there yet: its UNIQUE key leaves an existing row as it is, in whatever
// state. It does not use ON DUPLICATE KEY UPDATE, which would not tell: by ClientFoundRows, the server counts a row that it finds as it
// counts one that it inserts.
func insertEmail(tx *gorm.DB, email *emailRow) (inserted bool, err error) {
	err = tx.Create(email).Error
	existing := tx.Model(&emailRow{}).Where("dedupe_key = ? OR message_id = ?", email.DedupeKey, email.MessageID)
	exists, err := db.Exists(err, existing, "kind")
	return !exists && err == nil, err
}

// Sending is one attempt to send an email: nobody else sends it until then.
type Sending struct {
	EmailID uint64
	Until   time.Time
}

// ClaimEmail begins an attempt. ok is false when another worker is at it, or the email is queued no more. A worker that dies
// lets its claim run out; one that freezes past it has no time left to send. No attempt begins while a fence is up.
func (s *Store) ClaimEmail(ctx context.Context, id uint64, now, until time.Time) (sending Sending, ok bool, err error) {
	sending = Sending{EmailID: id, Until: until.Truncate(time.Microsecond)}
	claimed := s.db.WithContext(ctx).Model(&emailRow{}).
		Where("id = ? AND status = ? AND (sending_until IS NULL OR sending_until <= ?)", id, EmailQueued, now).
		Where("NOT "+fenceIsUp).
		Update("sending_until", sending.Until)
	return sending, claimed.RowsAffected == 1, claimed.Error
}

// NoteEmailAttempt records an attempt that failed, and lets the next one begin.
func (s *Store) NoteEmailAttempt(ctx context.Context, sending Sending, reason string) error {
	return s.db.WithContext(ctx).Model(&emailRow{}).Where("id = ? AND status = ? AND sending_until = ?", sending.EmailID, EmailQueued,
		sending.Until).
		Updates(map[string]any{"last_error": db.Truncate(reason, 500), "attempts": attempt, "sending_until": nil}).Error
}

// MarkEmailSent records that the server took the email, and what it answered; answer has no address in it.
func (s *Store) MarkEmailSent(ctx context.Context, id uint64, answer string, now time.Time) error {
	return s.endEmail(ctx, id, map[string]any{
		"status": EmailSent, "sent_at": now, "last_error": "", "attempts": attempt, "server_answer": db.OrNil(db.Truncate(answer, 200)),
	})
}

// MarkEmailFailed records that the email will not be sent. reason has no address in it.
func (s *Store) MarkEmailFailed(ctx context.Context, id uint64, reason string) error {
	return s.endEmail(ctx, id, map[string]any{"status": EmailFailed, "last_error": db.Truncate(reason, 500), "attempts": attempt})
}

var attempt = gorm.Expr("attempts + 1")

// endEmail changes an email that is queued, or that a fence has held while it was being sent; one that was sent or given up stays as
// it is.
func (s *Store) endEmail(ctx context.Context, id uint64, values map[string]any) error {
	return s.db.WithContext(ctx).Model(&emailRow{}).Where("id = ? AND status IN ?", id, []string{EmailQueued, EmailHeld}).Updates(values).Error
}
