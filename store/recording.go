package store

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"farebook/booking"
	"farebook/notice"
)

// recording is one run of the recording step inside its transaction.
type recording struct {
	tx      *gorm.DB
	now     time.Time
	booking bookingRow
	payment paymentRow

	mailsPerAddress int
	installation    func(context.Context) (Installation, error)
	// quiet says why emails are recorded as suppressed rather than queued; empty to queue them.
	quiet string
}

func (s *Store) newRecording(tx *gorm.DB, now time.Time) *recording {
	return &recording{tx: tx, now: now, mailsPerAddress: s.mailsPerAddress, installation: s.Installation}
}

// underLock runs work in a transaction, with the booking and its payment locked.
func (s *Store) underLock(ctx context.Context, reference booking.Reference, now time.Time, work func(*recording) error) error {
	return s.inTransaction(ctx, func(tx *gorm.DB) error {
		r := s.newRecording(tx, now)
		if err := r.lock(reference); err != nil {
			return err
		}
		return work(r)
	})
}

// forUpdate: read what will be changed under a lock; MariaDB's REPEATABLE READ would lose updates otherwise.
var forUpdate = clause.Locking{Strength: "UPDATE"}

// lock takes the booking first and its payment second, always in this order. There may be no payment yet; the booking's
// lock then keeps others from making one.
func (r *recording) lock(reference booking.Reference) error {
	if err := r.lockBooking(reference); err != nil {
		return err
	}
	err := r.tx.Clauses(forUpdate).Where("booking_id = ?", r.booking.ID).Take(&r.payment).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil
	}
	return err
}

func (r *recording) lockBooking(reference booking.Reference) error {
	return notFound(r.tx.Clauses(forUpdate).Where("reference = ?", string(reference)).Take(&r.booking).Error)
}

// settle takes the booking to its next state, with the mail that tells the customer.
func (r *recording) settle(next booking.Status, mail notice.Kind, content *notice.Content) error {
	if err := booking.Status(r.booking.Status).To(next); err != nil {
		return err
	}
	r.booking.Status = string(next)
	err := r.tx.Model(&r.booking).Updates(map[string]any{"status": r.booking.Status, "updated_at": r.now}).Error
	if err != nil {
		return err
	}
	return r.queueMail(mail, string(mail), content)
}

// markProcessed finds the events by their unique key alone: by the flag, too, the server may walk the index of all
// that are not processed yet, and wait for the locks of other bookings.
func (r *recording) markProcessed(eventIDs []string) error {
	return markProcessed(r.tx, eventIDs, r.now)
}

func markProcessed(tx *gorm.DB, eventIDs []string, now time.Time) error {
	if len(eventIDs) == 0 {
		return nil
	}
	return tx.Model(&eventRow{}).Where("stripe_event_id IN ?", eventIDs).Updates(processedValues(now)).Error
}
