package store

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"

	"farebook/booking"
	"farebook/store/internal/db"
)

// lockedBooking is a booking and its payment inside the transaction that has locked both.
type lockedBooking struct {
	tx      *gorm.DB
	now     time.Time
	booking bookingRow
	payment paymentRow // zero until the booking's PaymentIntent is known

	emailsPerAddress int
	installation     func(context.Context) (Installation, error)
	// changes are reported after the commit.
	changes changes
	// quiet is why emails are recorded as suppressed instead of queued; empty when they are queued.
	quiet string
}

// newLockedBooking has no rows yet: lock reads them.
func (s *Store) newLockedBooking(tx *gorm.DB, now time.Time) *lockedBooking {
	return &lockedBooking{tx: tx, now: now, emailsPerAddress: s.emailsPerAddress, installation: s.Installation}
}

// underLock runs work in a transaction that has locked the booking and its payment.
func (s *Store) underLock(ctx context.Context, reference booking.Reference, now time.Time, work func(*lockedBooking) error) error {
	var made changes
	err := s.db.InTransaction(ctx, func(tx *gorm.DB) error {
		b := s.newLockedBooking(tx, now)
		if err := b.lock(reference); err != nil {
			return err
		}
		err := work(b)
		made = b.changes
		return err
	})
	if err == nil {
		s.report(made)
	}
	return err
}

// lock takes the booking first and its payment second, always in this order. Where there is no payment yet, the booking's lock keeps
// others from inserting one.
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
	return db.NotFound(b.tx.Clauses(db.ForUpdate).Where("reference = ?", reference).Take(&b.booking).Error)
}

// saveBooking writes columns of the booking.
func (b *lockedBooking) saveBooking(columns ...string) error {
	b.booking.UpdatedAt = b.now
	return db.Save(b.tx, &b.booking, append(columns, "updated_at")...)
}

// savePayment writes columns of the payment.
func (b *lockedBooking) savePayment(columns ...string) error {
	b.payment.UpdatedAt = b.now
	return db.Save(b.tx, &b.payment, append(columns, "updated_at")...)
}

// saveRefund writes columns of one of the booking's refunds.
func (b *lockedBooking) saveRefund(row *refundRow, columns ...string) error {
	row.UpdatedAt = b.now
	return db.Save(b.tx, row, append(columns, "updated_at")...)
}

// transitionBooking moves the booking to its next state. Errors: *booking.IllegalTransitionError.
func (b *lockedBooking) transitionBooking(next booking.Status) error {
	if err := b.booking.Status.To(next); err != nil {
		return err
	}
	if next != b.booking.Status {
		b.changes.add(func(o Observer) { o.BookingEntered(next) })
	}
	b.booking.Status = next
	return b.saveBooking("status")
}

// events are Stripe's events that caused what is being recorded.
func (b *lockedBooking) events(ids []string) eventsRead {
	return eventsRead{tx: b.tx, now: b.now, ids: ids}
}
