package store

import (
	"context"
	"time"

	"farebook/booking"
)

// openDispute are the states in which DisputeStatus.Open holds.
var openDispute = []booking.DisputeStatus{booking.DisputeNeedsResponse, booking.DisputeUnderReview, booking.DisputeUnknown}

// Unrecognised is a booking that is to be recognised since Due, its departure or its ticketing, and was not since what is held of it
// changed. While its dispute is open (Disputed), that is as it should be.
type Unrecognised struct {
	Reference booking.Reference
	Due       time.Time
	Disputed  bool
}

// Unrecognised lists the bookings that were to be recognised before a time in the past and are not, those without an open dispute first.
// It reads the bookings that are due by then, and, of those that are due a day after now at the latest, the disputed ones, because a
// dispute postpones a booking by a day.
func (s *Store) Unrecognised(ctx context.Context, before time.Time, limit int) ([]Unrecognised, error) {
	latest := s.Now().Add(disputedWait)
	if latest.Before(before) {
		latest = before
	}
	var rows []struct {
		Reference  booking.Reference
		FlightJSON string `gorm:"column:flight_json"`
		CreatedAt  time.Time
		Overdue    bool
		Ticketed   bool
		Disputed   bool
	}
	err := s.db.WithContext(ctx).Raw(`SELECT b.reference, b.flight_json, b.created_at, b.recognise_at < ? AS overdue,
		  COALESCE(b.revenue_moment = ?, FALSE) AS ticketed,
		  EXISTS (SELECT 1 FROM disputes d WHERE d.booking_id = b.id AND d.status IN ?) AS disputed
		FROM bookings b FORCE INDEX (idx_bookings_recognise)
		WHERE b.recognise_at <= ? AND b.status <> ?
		  AND (b.recognise_at < ? OR EXISTS (SELECT 1 FROM disputes d WHERE d.booking_id = b.id))
		ORDER BY disputed, b.recognise_at, b.id LIMIT ?`, before, booking.AtTicketing, openDispute, latest, booking.StatusPendingPayment, before, limit).Scan(&rows).Error
	if err != nil {
		return nil, err
	}
	var found []Unrecognised
	for _, row := range rows {
		known, err := bookingRow{Reference: row.Reference, FlightJSON: row.FlightJSON}.domain()
		if err != nil {
			return nil, err
		}
		due := known.Flight.DepartsAt
		if row.Ticketed {
			due = row.CreatedAt
		}
		if row.Overdue || due.Before(before) {
			found = append(found, Unrecognised{known.Reference, due, row.Disputed})
		}
	}
	return found, nil
}
