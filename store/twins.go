package store

import (
	"context"
	"time"

	"gorm.io/gorm/clause"

	"farebook/booking"
)

type twinRow struct {
	BookingID uint64
	CreatedAt time.Time
	CheckedAt *time.Time
}

func (twinRow) TableName() string { return "payment_twins" }

// noteTwin keeps that another PaymentIntent of the booking may be at Stripe. Harmless when repeated.
func noteTwin(b *lockedBooking) error {
	return b.tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&twinRow{BookingID: b.booking.ID, CreatedAt: b.now}).Error
}

// PossibleTwins are bookings of which another PaymentIntent may be at Stripe since before a time, with ids above after.
func (s *Store) PossibleTwins(ctx context.Context, before time.Time, after uint64, limit int) ([]Booking, error) {
	var rows []bookingRow
	err := s.db.WithContext(ctx).Joins("JOIN payment_twins t ON t.booking_id = bookings.id").
		Where("t.checked_at IS NULL AND t.created_at < ? AND bookings.id > ?", before.UTC(), after).Order("bookings.id").Limit(limit).Find(&rows).Error
	if err != nil {
		return nil, err
	}
	return bookingsOf(rows)
}

// NoTwin notes that no PaymentIntent of the booking is left beside its own. Harmless when repeated.
func (s *Store) NoTwin(ctx context.Context, reference booking.Reference, now time.Time) error {
	return s.db.WithContext(ctx).Model(&twinRow{}).
		Where("booking_id = (SELECT id FROM bookings WHERE reference = ?) AND checked_at IS NULL", reference).
		Updates(map[string]any{"checked_at": now}).Error
}
