package store

import (
	"context"
	"slices"
	"time"

	"gorm.io/gorm"

	"farebook/booking"
	"farebook/ledger"
	"farebook/store/internal/db"
	"farebook/store/internal/journal"
)

// lockedBooking is a booking and its payment inside the transaction that has locked both.
type lockedBooking struct {
	tx      *gorm.DB
	now     time.Time
	booking bookingRow
	payment paymentRow // zero until the booking's PaymentIntent is known

	emailsPerAddress int
	installation     func(context.Context) (Installation, error)
	// opening is read once its lock is held, which then lasts until the transaction ends.
	opening *ledger.Opening
	// fenced is whether a fence was up in this transaction; nil until it was read.
	fenced *bool
	// queued are the emails that this transaction has queued.
	queued []uint64
	// unsaved are the columns that underLock writes before the commit; nil where each is written at once.
	unsaved *unsavedColumns
	// changes are reported after the commit.
	changes changes
	// quiet is why emails are recorded as suppressed instead of queued; empty when they are queued.
	quiet string
}

// unsavedColumns are columns of the booking and of its payment that have changed since they were read.
type unsavedColumns struct{ booking, payment []string }

// newLockedBooking has no rows yet: lock reads them.
func (s *Store) newLockedBooking(tx *gorm.DB, now time.Time) *lockedBooking {
	return &lockedBooking{tx: tx, now: now, emailsPerAddress: s.emailsPerAddress, installation: s.Installation}
}

// underLock runs work in a transaction that has locked the booking and its payment. What work saves of the two is written once, at the
// end: their locks are held, so that nobody could read it earlier.
func (s *Store) underLock(ctx context.Context, reference booking.Reference, now time.Time, work func(*lockedBooking) error) error {
	var made changes
	err := s.db.InTransaction(ctx, func(tx *gorm.DB) error {
		b := s.newLockedBooking(tx, now)
		if err := b.lock(reference); err != nil {
			return err
		}
		b.unsaved = &unsavedColumns{}
		if err := work(b); err != nil {
			return err
		}
		made = b.changes
		return b.saveChanged()
	})
	if err == nil {
		s.report(made)
	}
	return err
}

// lock takes the booking first and its payment second, always in this order, which an outer join by UNIQUE keys prescribes to the server.
// Where there is no payment yet, the booking's lock keeps others from inserting one, because of the foreign key.
func (b *lockedBooking) lock(reference booking.Reference) error {
	var row bookingRow
	if err := b.tx.Clauses(db.ForUpdate).Joins("Payment").Where("bookings.reference = ?", reference).Take(&row).Error; err != nil {
		return db.NotFound(err)
	}
	if row.Payment != nil {
		b.payment = *row.Payment
	}
	row.Payment = nil
	b.booking = row
	return nil
}

// lockOpening takes the lock that every posting shares, once in a transaction, and reads the opening.
func (b *lockedBooking) lockOpening() (ledger.Opening, error) {
	if b.opening != nil {
		return *b.opening, nil
	}
	opening, err := journal.Opening(b.tx, journal.Shared)
	if err == nil {
		b.opening = &opening
	}
	return opening, err
}

// saveChanged writes what was saved under the lock.
func (b *lockedBooking) saveChanged() error {
	unsaved := *b.unsaved
	b.unsaved = nil // from here on, each save is written
	slices.Sort(unsaved.payment)
	slices.Sort(unsaved.booking)
	payment, booked := slices.Compact(unsaved.payment), slices.Compact(unsaved.booking)
	switch {
	case len(payment) > 0 && len(booked) > 0:
		return db.SaveBoth(b.tx, db.Columns{Row: &b.booking, Names: append(booked, "updated_at")},
			db.Columns{Row: &b.payment, Names: append(payment, "updated_at")}, "booking_id")
	case len(payment) > 0:
		return b.savePayment(payment...)
	case len(booked) > 0:
		return b.saveBooking(booked...)
	}
	return nil
}

// saveBooking writes columns of the booking, under underLock at the end of the transaction.
func (b *lockedBooking) saveBooking(columns ...string) error {
	b.booking.UpdatedAt = b.now
	if b.unsaved != nil {
		b.unsaved.booking = append(b.unsaved.booking, columns...)
		return nil
	}
	return db.Save(b.tx, &b.booking, append(columns, "updated_at")...)
}

// savePayment writes columns of the payment, under underLock at the end of the transaction.
func (b *lockedBooking) savePayment(columns ...string) error {
	b.payment.UpdatedAt = b.now
	if b.unsaved != nil {
		b.unsaved.payment = append(b.unsaved.payment, columns...)
		return nil
	}
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
