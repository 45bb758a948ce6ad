package store

import (
	"crypto/sha256"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"farebook/booking"
)

const (
	// DefaultMailsPerAddress is more than a traveller who tries several cards and flights gets in an hour.
	DefaultMailsPerAddress = 10
	boundedFor             = time.Hour
)

// LimitMails sets how many mails about unpaid bookings one address gets within an hour; call it before the store is used.
func (s *Store) LimitMails(perHour int) { s.mailsPerAddress = perHour }

// recipientHash is what mails to one mailbox have in common.
func recipientHash(email string) []byte {
	sum := sha256.Sum256([]byte(booking.Mailbox(email)))
	return sum[:]
}

// bound counts the mails about unpaid bookings that an address was written within the hour, and suppresses this one when
// there are enough. Rows of other bookings count, too, so the address's lock is held until the transaction ends: of any
// number at once, exactly so many are queued. It is the last lock that a transaction takes.
func (b *lockedBooking) bound(mail *emailRow) error {
	mail.RecipientSha256 = recipientHash(b.booking.CustomerEmail)
	var bucket int
	err := b.tx.Raw("SELECT bucket FROM email_recipient_locks WHERE bucket = ? FOR UPDATE", mail.RecipientSha256[0]).Scan(&bucket).Error
	if err != nil {
		return err
	}
	var within int64
	err = b.tx.Model(&emailRow{}).
		Where("recipient_sha256 = ? AND created_at > ? AND status <> ?", mail.RecipientSha256, b.now.Add(-boundedFor), EmailSuppressed).
		Count(&within).Error
	if err == nil && within >= int64(b.mailsPerAddress) {
		mail.Status = EmailSuppressed
		mail.LastError = fmt.Sprintf("not sent: this address had %d mails about unpaid bookings within an hour (MAILS_PER_ADDRESS_HOUR)", within)
	}
	return err
}

// insertMail writes a mail's row; one that is there, in whatever state, stays as it is: UNIQUE key.
func insertMail(tx *gorm.DB, mail *emailRow) error {
	if err := holdIfFenced(tx, mail); err != nil {
		return err
	}
	return tx.Clauses(clause.OnConflict{DoNothing: true}).Create(mail).Error
}
