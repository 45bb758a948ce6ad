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
	// books are read once the opening's lock is held, which then lasts until the transaction ends.
	books *journal.Books
	// fenced is whether a fence was up in this transaction; nil until it was read.
	fenced *bool
	// queued are the emails that this transaction has queued.
	queued []emailRow
	// unsaved are the columns that underLock writes before the commit; nil where each is written at once.
	unsaved *unsavedColumns
	// changes are reported after the commit.
	changes changes
	// hasEndpoints is whether the booking's client has webhook endpoints, and outgoing are the events for them.
	hasEndpoints bool
	outgoing     []outgoingEvent
	// collected gets each transaction that is posted, where somebody asks for them.
	collected *[]ledger.Transaction
	// quiet is why emails are recorded as suppressed instead of queued; empty when they are queued.
	quiet string
}

// unsavedColumns are columns of the booking and of its payment that have changed since they were read, and the events that caused that.
type unsavedColumns struct{ booking, payment, events []string }

// newLockedBooking has no rows yet: lock reads them.
func (s *Store) newLockedBooking(tx *gorm.DB, now time.Time) *lockedBooking {
	return &lockedBooking{tx: tx, now: now, emailsPerAddress: s.emailsPerAddress, installation: s.Installation}
}

// underLock runs work in a transaction that has locked the booking and its payment. What work saves of the two is written once, at the
// end: their locks are held, so that nobody could read it earlier.
func (s *Store) underLock(ctx context.Context, reference booking.Reference, now time.Time, work func(*lockedBooking) error) error {
	return s.underLockTo(ctx, reference, now, false, work)
}

// underLockTo is underLock, also with the lock that every posting shares when work is going to post.
func (s *Store) underLockTo(ctx context.Context, reference booking.Reference, now time.Time, post bool,
	work func(*lockedBooking) error,
) error {
	var made changes
	var queued []queuedEmail
	var clientID uint64 // whose endpoints have something to be sent
	err := s.db.InTransaction(ctx, func(tx *gorm.DB) (err error) {
		b := s.newLockedBooking(tx, now)
		if err := b.lock(reference, post); err != nil {
			return err
		}
		b.unsaved = &unsavedColumns{}
		if err := work(b); err != nil {
			return err
		}
		made = b.changes
		if clientID, err = b.writeEvents(); err != nil {
			return err
		}
		if err := b.saveChanged(); err != nil {
			return err
		}
		queued, err = b.handedOn()
		return err
	})
	if err == nil {
		s.report(made)
		s.fresh.put(queued, now)
		s.announce(clientID)
	}
	return err
}

// lockBooksToo are columns of a booking that take the lock that every posting shares, and are when the books were opened and their
// calendar. Each names the booking, so that the server evaluates it for the row that it has locked, and reads one row by its key.
var lockBooksToo = []any{lockedOfBooks("opened_at"), lockedOfBooks("books_zone"), lockedOfBooks("first_open")}

func lockedOfBooks(column string) string {
	return "(SELECT " + column + " FROM ledger_opening WHERE id = 1 AND bookings.id > 0 LOCK IN SHARE MODE) AS " + column
}

// lock takes the booking first and its payment second, always in this order, which an outer join by UNIQUE keys prescribes to the server,
// and for a posting the opening third. Where there is no payment yet, the booking's lock keeps others from inserting one, because of the
// foreign key.
func (b *lockedBooking) lock(reference booking.Reference, post bool) error {
	var row bookingRow
	query := b.tx.Clauses(db.ForUpdate).Joins("Payment").Where("bookings.reference = ?", reference)
	if err := b.takeWith(query, &row, post); err != nil {
		return db.NotFound(err)
	}
	if row.Payment != nil {
		b.payment = *row.Payment
	}
	row.Payment = nil
	b.booking = row
	return nil
}

// takeWith takes the lock of the booking, for a posting also the one that every posting shares, and reads whether its client has webhook
// endpoints: all by one statement, because most clients have none.
func (b *lockedBooking) takeWith(query *gorm.DB, row *bookingRow, post bool) error {
	var columns struct {
		journal.BooksColumns

		HasEndpoints bool
	}
	besides := []any{hasEndpoints}
	if post {
		besides = append(besides, lockBooksToo...)
	}
	if err := db.TakeWith(query.Select("bookings.*", besides...), row, &columns); err != nil {
		return err
	}
	b.hasEndpoints = columns.HasEndpoints
	if !post {
		return nil
	}
	books, err := columns.Books()
	b.books = &books
	return err
}

// lockOpening takes the lock that every posting shares, once in a transaction, and reads the opening and the calendar.
func (b *lockedBooking) lockOpening() (journal.Books, error) {
	if b.books != nil {
		return *b.books, nil
	}
	books, err := journal.Opening(b.tx, journal.Shared)
	if err == nil {
		b.books = &books
	}
	return books, err
}

// saveChanged writes what was saved under the lock.
func (b *lockedBooking) saveChanged() error {
	unsaved := *b.unsaved
	b.unsaved = nil // from here on, each save is written
	slices.Sort(unsaved.payment)
	slices.Sort(unsaved.booking)
	payment, booked := slices.Compact(unsaved.payment), slices.Compact(unsaved.booking)
	var err error
	switch {
	case len(payment) > 0 && len(booked) > 0:
		return b.saveBoth(booked, payment, unsaved.events)
	case len(payment) > 0:
		err = b.savePayment(payment...)
	case len(booked) > 0:
		err = b.saveBooking(booked...)
	}
	if err != nil {
		return err
	}
	return markProcessed(b.tx, unsaved.events, b.now)
}

// saveBoth writes booking, payment and the one event that usually changed them by one statement. Several events are found by a list of
// ids, for which the server may read and lock all rows of a small table: they have their own statement, which names no other table.
func (b *lockedBooking) saveBoth(booked, payment, events []string) error {
	var marked *db.Marked
	if len(events) == 1 {
		marked = &db.Marked{Table: eventRow{}.TableName(), Key: "stripe_event_id", Value: events[0], Set: processedValues(b.now)}
		events = nil
	}
	err := db.SaveBoth(b.tx, db.Columns{Row: &b.booking, Names: append(booked, "updated_at")},
		db.Columns{Row: &b.payment, Names: append(payment, "updated_at")}, "booking_id", marked)
	if err != nil {
		return err
	}
	return markProcessed(b.tx, events, b.now)
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
		b.emitBooking(b.booking.Status, next)
	}
	b.booking.Status = next
	if err := b.saveBooking("status"); err != nil {
		return err
	}
	return b.afterTransition()
}

// events are Stripe's events that caused what is being recorded.
func (b *lockedBooking) events(ids []string) eventsRead {
	return eventsRead{tx: b.tx, now: b.now, ids: ids, with: b.unsaved}
}
