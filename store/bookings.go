package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"farebook/booking"
	"farebook/money"
	"farebook/store/internal/db"
)

// Booking is a booking with its payment, as the books have it.
type Booking struct {
	ID            uint64
	Reference     booking.Reference
	Status        booking.Status
	Customer      booking.Customer
	Flight        booking.Flight
	Amount        money.Money
	HoldExpiresAt time.Time
	CreatedAt     time.Time
	CorrelationID string
	// RefundDue: money came for a booking that was closed already.
	RefundDue bool
	// Attention is a break that an operator has to look at; empty when there is none.
	Attention string
	Capture   booking.CaptureMethod
	// Methods is empty for a booking of an older release.
	Methods booking.PaymentMethods
	// RequestKey identifies the request that asked for it; empty for a booking of an older release.
	RequestKey string
	// CancelledAt and CancelPercent are set when it was cancelled after payment: what the policy gave back.
	CancelledAt   *time.Time
	CancelPercent *int
	// Payment is nil until the PaymentIntent is known.
	Payment *Payment
}

// Payment is a booking's PaymentIntent as last recorded.
type Payment struct {
	ID              uint64
	PaymentIntentID string
	Status          booking.PaymentStatus
	Amount          money.Money
	AmountCaptured  int64 // minor units, as are the next two
	AmountRefunded  int64 // by refunds that succeeded
	ChargedBack     int64 // by disputes that were lost
	CaptureBefore   *time.Time
	ChargeID        string
	DeclineCode     string
	FeePosted       bool
	CreatedAt       time.Time
}

// Booking reads a booking, or ErrNotFound.
func (s *Store) Booking(ctx context.Context, reference booking.Reference) (Booking, error) {
	return s.bookingWhere(ctx, "bookings.reference = ?", reference)
}

// BookingOf reads an owner's booking. Another client's is ErrNotFound, as if it did not exist.
func (s *Store) BookingOf(ctx context.Context, owner Owner, reference booking.Reference) (Booking, error) {
	return s.bookingFrom(s.db.WithContext(ctx).Scopes(owner.owns("bookings")).Where("bookings.reference = ?", reference))
}

func (s *Store) bookingByID(ctx context.Context, id uint64) (Booking, error) {
	return s.bookingWhere(ctx, "bookings.id = ?", id)
}

// bookingWhere reads a booking with its payment by one statement.
func (s *Store) bookingWhere(ctx context.Context, where string, args ...any) (Booking, error) {
	return s.bookingFrom(s.db.WithContext(ctx).Where(where, args...))
}

func (*Store) bookingFrom(query *gorm.DB) (Booking, error) {
	var row bookingRow
	if err := query.Joins("Payment").Take(&row).Error; err != nil {
		return Booking{}, db.NotFound(err)
	}
	found, err := row.domain()
	if err == nil && row.Payment != nil {
		found.Payment = row.Payment.domain()
	}
	return found, err
}

// FirstBooking is when the first booking was taken, or ErrNotFound.
func (s *Store) FirstBooking(ctx context.Context) (time.Time, error) {
	var row bookingRow
	err := s.db.WithContext(ctx).Select("created_at").Order("id").Limit(1).Take(&row).Error
	return row.CreatedAt, db.NotFound(err)
}
