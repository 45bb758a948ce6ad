package store

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"

	"farebook/booking"
	"farebook/notice"
	"farebook/store/internal/db"
)

// lockedBooking is one run of the recording step inside its transaction.
type lockedBooking struct {
	tx      *gorm.DB
	now     time.Time
	booking bookingRow
	payment paymentRow

	mailsPerAddress int
	installation    func(context.Context) (Installation, error)
	// quiet says why emails are recorded as suppressed rather than queued; empty to queue them.
	quiet string
}

func (s *Store) newLockedBooking(tx *gorm.DB, now time.Time) *lockedBooking {
	return &lockedBooking{tx: tx, now: now, mailsPerAddress: s.mailsPerAddress, installation: s.Installation}
}

// underLock runs work in a transaction, with the booking and its payment locked.
func (s *Store) underLock(ctx context.Context, reference booking.Reference, now time.Time, work func(*lockedBooking) error) error {
	return s.db.InTransaction(ctx, func(tx *gorm.DB) error {
		b := s.newLockedBooking(tx, now)
		if err := b.lock(reference); err != nil {
			return err
		}
		return work(b)
	})
}

// lock takes the booking first and its payment second, always in this order. There may be no payment yet; the booking's
// lock then keeps others from making one.
func (b *lockedBooking) lock(reference booking.Reference) error {
	if err := b.lockBooking(reference); err != nil {
		return err
	}
	err := b.tx.Clauses(db.ForUpdate).Where("booking_id = ?", b.booking.ID).Take(&b.payment).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil
	}
	return err
}

func (b *lockedBooking) lockBooking(reference booking.Reference) error {
	return db.NotFound(b.tx.Clauses(db.ForUpdate).Where("reference = ?", string(reference)).Take(&b.booking).Error)
}

// transitionBooking takes the booking to its next state, with the mail that tells the customer.
func (b *lockedBooking) transitionBooking(next booking.Status, mail notice.Kind, content *notice.Content) error {
	if err := booking.Status(b.booking.Status).To(next); err != nil {
		return err
	}
	b.booking.Status = string(next)
	err := b.tx.Model(&b.booking).Updates(map[string]any{"status": b.booking.Status, "updated_at": b.now}).Error
	if err != nil {
		return err
	}
	return b.queueMail(mail, string(mail), content)
}

// markProcessed finds the events by their unique key alone: by the flag, too, the server may walk the index of all
// that are not processed yet, and wait for the locks of other bookings.
func (b *lockedBooking) markProcessed(eventIDs []string) error {
	return markProcessed(b.tx, eventIDs, b.now)
}

func markProcessed(tx *gorm.DB, eventIDs []string, now time.Time) error {
	if len(eventIDs) == 0 {
		return nil
	}
	return tx.Model(&eventRow{}).Where("stripe_event_id IN ?", eventIDs).Updates(processedValues(now)).Error
}
