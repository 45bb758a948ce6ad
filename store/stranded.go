package store

import (
	"context"
	"time"

	"farebook/booking"
)

// stranded pages through rows whose workflow should have moved them by now: it was never started, as the process that
// was to start it died, or somebody terminated it. The cursor is the row's id, so that those which cannot be helped
// never starve the rest.

// EndedHolds are bookings, oldest first and after an id, that are payable although their hold ended before a time. One
// whose payment is in the bank's hands, or authorised, has a reason; one that is marked for attention waits for a person.
func (s *Store) EndedHolds(ctx context.Context, before time.Time, after uint64, limit int) ([]Booking, error) {
	var rows []bookingRow
	err := s.db.WithContext(ctx).Joins("Payment").
		Where("bookings.status = ? AND bookings.id > ? AND bookings.hold_expires_at < ? AND bookings.attention IS NULL",
			string(booking.StatusPendingPayment), after, before.UTC()).
		Where("Payment.id IS NULL OR Payment.status NOT IN ?", []string{
			string(booking.PaymentProcessing), string(booking.PaymentAuthorized), string(booking.PaymentUnknown),
		}).
		Order("bookings.id").Limit(limit).Find(&rows).Error
	ended := make([]Booking, 0, len(rows))
	for _, row := range rows {
		found, domainErr := row.domain()
		if domainErr != nil {
			return nil, domainErr
		}
		ended = append(ended, found)
	}
	return ended, err
}

// UnaskedRefunds are refunds, oldest first and after a row's id, that were reserved before a time and that Stripe has not
// been asked for. next is the id to go on after; zero says that there are no more.
func (s *Store) UnaskedRefunds(ctx context.Context, before time.Time, after uint64, limit int) (refunds []Refund, next uint64, err error) {
	var rows []struct {
		Refund    refundRow `gorm:"embedded"`
		Reference string
	}
	err = s.db.WithContext(ctx).Table("refunds r").Select("r.*, b.reference").Joins("JOIN bookings b ON b.id = r.booking_id").
		Where("r.status = ? AND r.id > ? AND r.created_at < ?", string(booking.RefundRequested), after, before.UTC()).
		Order("r.id").Limit(limit).Find(&rows).Error
	for _, row := range rows {
		refunds = append(refunds, row.Refund.domain(booking.Reference(row.Reference)))
		next = row.Refund.ID
	}
	if len(rows) < limit {
		next = 0
	}
	return refunds, next, err
}

// UnsentCopies are mails that somebody asked for again before a time, by id and after one, and that wait to be sent. Every
// other mail belongs to the workflow of what it tells.
func (s *Store) UnsentCopies(ctx context.Context, before time.Time, after uint64, limit int) (ids []uint64, err error) {
	err = s.db.WithContext(ctx).Model(&emailRow{}).
		Where("status = ? AND resent_of IS NOT NULL AND id > ? AND created_at < ?", EmailQueued, after, before.UTC()).
		Order("id").Limit(limit).Pluck("id", &ids).Error
	return ids, err
}
