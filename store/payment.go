package store

import (
	"context"
	"time"

	"farebook/booking"
	"farebook/money"
	"farebook/store/internal/db"
)

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

type paymentRow struct {
	ID                    uint64
	BookingID             uint64
	StripePaymentIntentID string
	Status                booking.PaymentStatus
	StripeStatus          string // the status at Stripe where Status is unknown
	Amount                int64
	AmountCaptured        int64
	AmountRefunded        int64
	AmountChargedBack     int64
	Currency              money.Currency
	StripeChargeID        string
	DeclineCode           string
	FeePosted             bool
	CaptureBefore         *time.Time
	CreatedAt             time.Time
	UpdatedAt             time.Time
}

func (paymentRow) TableName() string { return "payments" }

func newPaymentRow(bookingID uint64, snapshot booking.PaymentSnapshot, now time.Time) paymentRow {
	return paymentRow{
		BookingID:             bookingID,
		StripePaymentIntentID: snapshot.PaymentIntentID,
		Status:                booking.PaymentPending,
		Amount:                snapshot.Amount,
		Currency:              snapshot.Currency,
		CreatedAt:             now,
		UpdatedAt:             now,
	}
}

func (r paymentRow) domain() *Payment {
	return &Payment{
		ID:              r.ID,
		PaymentIntentID: r.StripePaymentIntentID,
		Status:          r.Status,
		Amount:          money.Money{Value: r.Amount, Currency: r.Currency},
		AmountCaptured:  r.AmountCaptured,
		AmountRefunded:  r.AmountRefunded,
		ChargedBack:     r.AmountChargedBack,
		CaptureBefore:   r.CaptureBefore,
		ChargeID:        r.StripeChargeID,
		DeclineCode:     r.DeclineCode,
		FeePosted:       r.FeePosted,
		CreatedAt:       r.CreatedAt,
	}
}

type twinRow struct {
	BookingID uint64
	CreatedAt time.Time
	CheckedAt *time.Time
}

func (twinRow) TableName() string { return "payment_twins" }

// PossibleTwins are bookings of which another PaymentIntent may be at Stripe since before a time, with ids above after.
func (s *Store) PossibleTwins(ctx context.Context, before time.Time, after uint64, limit int) ([]Booking, error) {
	var rows []bookingRow
	err := s.db.WithContext(ctx).Joins("JOIN payment_twins t ON t.booking_id = bookings.id").
		Where("t.checked_at IS NULL AND t.created_at < ? AND bookings.id > ?", before.UTC(),
			after).Order("bookings.id").Limit(limit).Find(&rows).Error
	if err != nil {
		return nil, err
	}
	return bookingsOf(rows)
}

// NoTwin notes that no PaymentIntent of the booking is left beside its own. Harmless when repeated.
func (s *Store) NoTwin(ctx context.Context, reference booking.Reference, now time.Time) error {
	return s.db.WithContext(ctx).Model(&twinRow{}).
		Where("booking_id = (SELECT id FROM bookings WHERE reference = ?) AND checked_at IS NULL", reference).
		Update("checked_at", now).Error
}

// referenceOfPayment finds the booking of a PaymentIntent, or ErrNotFound.
func (s *Store) referenceOfPayment(ctx context.Context, paymentIntentID string) (booking.Reference, error) {
	var reference string
	err := s.db.WithContext(ctx).Model(&paymentRow{}).Select("b.reference").Joins("JOIN bookings b ON b.id = payments.booking_id").
		Where("stripe_payment_intent_id = ?", paymentIntentID).Take(&reference).Error
	return booking.Reference(reference), db.NotFound(err)
}

// PaymentIntentOfCharge finds the PaymentIntent of a payment's charge, or ErrNotFound.
func (s *Store) PaymentIntentOfCharge(ctx context.Context, chargeID string) (intent string, err error) {
	err = s.db.WithContext(ctx).Model(&paymentRow{}).Select("stripe_payment_intent_id").
		Where("stripe_charge_id = ? AND stripe_charge_id <> ''", chargeID).Take(&intent).Error
	return intent, db.NotFound(err)
}

// PaymentIntentsOfCharges is PaymentIntentOfCharge for many charges. A charge that the books do not know is left out.
func (s *Store) PaymentIntentsOfCharges(ctx context.Context, chargeIDs []string) (map[string]string, error) {
	intents := map[string]string{}
	if len(chargeIDs) == 0 {
		return intents, nil
	}
	var rows []paymentRow
	err := s.db.WithContext(ctx).Select("stripe_charge_id, stripe_payment_intent_id").
		Where("stripe_charge_id IN ? AND stripe_charge_id <> ''", chargeIDs).Find(&rows).Error
	for _, row := range rows {
		intents[row.StripeChargeID] = row.StripePaymentIntentID
	}
	return intents, err
}

// BookingOfPayment reads the booking of a PaymentIntent, or ErrNotFound.
func (s *Store) BookingOfPayment(ctx context.Context, paymentIntentID string) (Booking, error) {
	return s.bookingWhere(ctx, "Payment.stripe_payment_intent_id = ?", paymentIntentID)
}
