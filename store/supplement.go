package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"farebook/booking"
	"farebook/money"
	"farebook/store/internal/db"
)

// OperationCreatePayment is what a key of POST /v1/bookings/{reference}/payments stands for.
const OperationCreatePayment = "create-payment"

// NoSupplementError says why a booking takes no further payment now.
type NoSupplementError struct{ Why string }

func (e *NoSupplementError) Error() string { return e.Why }

// setSupplement makes the row a further payment of a booking; nil leaves it a booking.
func (r *bookingRow) setSupplement(s *booking.Supplement) {
	if s == nil {
		return
	}
	r.SupplementOf, r.Purpose, r.PurposeText = &s.Of, &s.Purpose, db.OrNil(s.Description)
}

// supplement is what the row is a further payment of; nil for a booking. One that was rebuilt from Stripe has no purpose until its request
// is repeated.
func (r bookingRow) supplement() *booking.Supplement {
	if r.SupplementOf == nil {
		return nil
	}
	return &booking.Supplement{Of: *r.SupplementOf, Purpose: db.OrEmpty(r.Purpose), Description: db.OrEmpty(r.PurposeText)}
}

// ReserveSupplement writes idempotency key and further payment in one transaction, or finds what the key stands for already. The booking's
// lock is held, so that it does not end meanwhile. Errors: ErrNotFound, *NoSupplementError, *IdempotencyConflictError.
func (s *Store) ReserveSupplement(ctx context.Context, in NewBooking) (Reservation, error) {
	installation, err := s.Installation(ctx)
	if err != nil {
		return Reservation{}, err
	}
	var row bookingRow
	claim, err := s.claim(ctx, in.Key(), s.Now(), func(tx *gorm.DB) (of created, err error) {
		row, err = reserveSupplement(tx, in, installation.request(in.Key()))
		return created{resource: string(row.Reference), bookingID: &row.ID}, err
	})
	if err != nil || claim.Replayed {
		return s.reservation(ctx, claim, err)
	}
	return s.reserved(in, row, claim)
}

// reserveSupplement inserts a further payment under the lock of its booking. One that the request has made already, although the books do
// not know its key, becomes that of the key, whatever has become of the booking.
func reserveSupplement(tx *gorm.DB, in NewBooking, asked derivation) (bookingRow, error) {
	var of bookingRow
	if err := tx.Clauses(db.ForUpdate).Joins("Payment").Where("bookings.reference = ?", in.Supplement.Of).Take(&of).Error; err != nil {
		return bookingRow{}, db.NotFound(err)
	}
	if refusal := of.refusesSupplement(); refusal != nil {
		_, err := bookingOfRequest(tx, asked.requestKey())
		if errors.Is(err, ErrNotFound) {
			return bookingRow{}, refusal
		}
		if err != nil {
			return bookingRow{}, err
		}
	}
	row, err := reserveBooking(tx, in, asked)
	if err != nil {
		return bookingRow{}, err
	}
	if err := attachSupplement(tx, of, &row, in.Now); err != nil {
		return bookingRow{}, err
	}
	amount := money.Money{Value: row.Amount, Currency: row.Currency}
	return row, audit(tx, in.Now, AuditEntry{
		Actor: in.By, Action: ActionPaymentCreate, Subject: string(row.Reference), BookingID: &of.ID,
		Detail: amount.Format(money.LocaleEN) + " for " + string(in.Supplement.Purpose) + " of " + string(of.Reference),
	})
}

// refusesSupplement is why a booking takes no further payment; nil if it does. It has to be paid or authorised, and not cancelled.
func (r bookingRow) refusesSupplement() error {
	authorised := r.Payment != nil && r.Payment.Status == booking.PaymentAuthorized
	switch {
	case r.SupplementOf != nil:
		return &NoSupplementError{fmt.Sprintf("it is a further payment itself: ask on its booking %s", *r.SupplementOf)}
	case r.CancelledAt != nil:
		return &NoSupplementError{"the booking is cancelled"}
	case r.Supplements >= booking.MaxSupplements:
		return &NoSupplementError{fmt.Sprintf("the booking has %d further payments already", r.Supplements)}
	case r.Status == booking.StatusPendingPayment && !authorised:
		return &NoSupplementError{"the booking is not paid yet"}
	case r.Status != booking.StatusPendingPayment && r.Status != booking.StatusConfirmed && r.Status != booking.StatusPartiallyRefunded:
		return &NoSupplementError{"the booking is " + string(r.Status)}
	}
	return nil
}

// attachSupplement writes, under the lock of a booking, how many further payments it has with row. Counting anew makes a repetition
// harmless. If the booking has ended, row is due to be cancelled, as the further payments are that were there at its end.
func attachSupplement(tx *gorm.DB, of bookingRow, row *bookingRow, now time.Time) error {
	var count int64
	if err := tx.Model(&bookingRow{}).Where("supplement_of = ?", of.Reference).Count(&count).Error; err != nil {
		return err
	}
	err := tx.Model(&bookingRow{}).Where("id = ?", of.ID).Updates(map[string]any{"supplements": count, "updated_at": now}).Error
	percent, ended := of.ended()
	if err != nil || !ended || row.CancelledAt != nil || row.CancelDueAt != nil || !slices.Contains(openSupplement, row.Status) {
		return err
	}
	row.CancelDueAt, row.CancelDuePercent, row.UpdatedAt = &now, &percent, now
	return db.Save(tx, row, "cancel_due_at", "cancel_due_percent", "updated_at")
}

// ended reports whether a booking has ended, and what is given back of its further payments.
func (r bookingRow) ended() (percent int, ended bool) {
	if r.CancelledAt != nil && r.CancelPercent != nil {
		return *r.CancelPercent, true
	}
	return wholePayment, slices.Contains(closedUnpaid, r.Status)
}

// closedUnpaid are the states of a booking that has ended without its money.
var closedUnpaid = []booking.Status{booking.StatusExpired, booking.StatusPaymentFailed, booking.StatusCancelled}

// SupplementsOf are the further payments of a booking, oldest first. No statement is sent for a booking without any.
func (s *Store) SupplementsOf(ctx context.Context, known Booking) ([]Booking, error) {
	if known.Supplements == 0 {
		return nil, nil
	}
	var rows []bookingRow
	err := s.db.WithContext(ctx).Model(&bookingRow{}).Table("bookings FORCE INDEX (idx_bookings_supplement)").Joins("Payment").
		Where("bookings.supplement_of = ?", known.Reference).Order("bookings.id").Limit(booking.MaxSupplements).Find(&rows).Error
	if err != nil {
		return nil, err
	}
	return bookingsOf(rows)
}

// openSupplement are the states of a further payment that ends with its booking.
var openSupplement = []booking.Status{
	booking.StatusPendingPayment, booking.StatusConfirmed, booking.StatusPartiallyRefunded, booking.StatusDisputed,
}

// endSupplements makes the further payments of a booking that ends due to be cancelled, each for this percentage of it. Their workflows
// cancel them: SupplementsDue are those that are left. No statement is sent for a booking without any.
func (b *lockedBooking) endSupplements(percent int) error {
	if b.booking.Supplements == 0 {
		return nil
	}
	return b.tx.Model(&bookingRow{}).
		Where("supplement_of = ? AND cancelled_at IS NULL AND cancel_due_at IS NULL AND status IN ?", b.booking.Reference, openSupplement).
		Updates(map[string]any{"cancel_due_at": b.now, "cancel_due_percent": percent, "updated_at": b.now}).Error
}

// afterTransition ends what belongs to a booking that has closed without its money, and notes that a further payment is settled.
func (b *lockedBooking) afterTransition() error {
	if b.booking.Status != booking.StatusRefunded && !slices.Contains(closedUnpaid, b.booking.Status) {
		return nil
	}
	err := b.noCancelDue()
	if err != nil || b.booking.CancelledAt != nil || b.booking.Status == booking.StatusRefunded {
		return err
	}
	return b.endSupplements(wholePayment)
}

// wholePayment is what is given back of a further payment whose booking was never paid.
const wholePayment = 100

// noCancelDue notes that nothing is left to be cancelled of a further payment.
func (b *lockedBooking) noCancelDue() error {
	if b.booking.CancelDueAt == nil {
		return nil
	}
	b.booking.CancelDueAt, b.booking.CancelDuePercent = nil, nil
	return b.saveBooking("cancel_due_at", "cancel_due_percent")
}

// policyOf is the policy by which the booking is cancelled, and the time at which that was decided: for a further payment whose booking has
// ended, what was decided for the booking.
func (b *lockedBooking) policyOf(in Cancellation) (booking.Policy, time.Time) {
	due, percent := b.booking.CancelDueAt, b.booking.CancelDuePercent
	if due == nil || percent == nil {
		return in.Policy, in.Now
	}
	return booking.Always(*percent), *due
}

// SupplementsDue are further payments, by id and after one, whose booking ended before a time and that are not settled. One that is
// disputed is left to the bank.
func (s *Store) SupplementsDue(ctx context.Context, before time.Time, after uint64, limit int) ([]Booking, error) {
	var rows []bookingRow
	err := s.db.WithContext(ctx).Model(&bookingRow{}).Table("bookings FORCE INDEX (idx_bookings_cancel_due)").Joins("Payment").
		Where("bookings.cancel_due_at < ? AND bookings.id > ? AND bookings.status <> ?", before.UTC(), after, booking.StatusDisputed).
		Order("bookings.id").Limit(limit).Find(&rows).Error
	if err != nil {
		return nil, err
	}
	return bookingsOf(rows)
}
