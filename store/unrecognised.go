package store

import (
	"context"
	"fmt"
	"time"

	"farebook/booking"
)

// Unrecognised is a booking that is to be recognised since Due, its departure or its ticketing, and was not since what is held of it
// changed. While its dispute is open (Disputed), that is as it should be.
type Unrecognised struct {
	Reference booking.Reference
	Due       time.Time
	Disputed  bool
}

// Unrecognised lists the bookings that were to be recognised before a time in the past and are not, those without an open dispute first.
// A dispute postpones a booking by a day: of those that are due a day after now at the latest, it reads the disputed ones.
func (s *Store) Unrecognised(ctx context.Context, before time.Time, limit int) ([]Unrecognised, error) {
	latest := s.Now().Add(disputedWait)
	if latest.Before(before) {
		latest = before
	}
	var found []Unrecognised
	for _, query := range s.unrecognised(before, latest) {
		if len(found) >= limit {
			break
		}
		var rows []unrecognisedRow
		arguments := append(query.arguments, booking.StatusPendingPayment, limit-len(found))
		err := s.db.WithContext(ctx).Raw(selectUnrecognised+query.from+" AND b.status <> ? ORDER BY "+query.order+" LIMIT ?", arguments...).
			Scan(&rows).Error
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			one, err := row.unrecognised(query.disputed)
			if err != nil {
				return nil, err
			}
			if row.RecogniseAt.Before(before) || one.Due.Before(before) {
				found = append(found, one)
			}
		}
	}
	return found, nil
}

const selectUnrecognised = "SELECT b.reference, b.flight_json, b.created_at, b.recognise_at, b.revenue_moment FROM "

// unrecognisedQuery finds some of the bookings, each once, by an index.
type unrecognisedQuery struct {
	disputed  bool
	from      string
	order     string
	arguments []any
}

// unrecognised are the queries, in the order of their answers: the bookings that are due, those whose dispute was decided since they were
// postponed, and those whose dispute is open. The last two begin with the disputes, of which there are few.
func (s *Store) unrecognised(before, latest time.Time) []unrecognisedQuery {
	const ofDisputes = `(SELECT DISTINCT booking_id FROM disputes FORCE INDEX (%s) WHERE %s) d STRAIGHT_JOIN bookings b ON b.id = d.booking_id
		WHERE b.recognise_at <= ?`
	const undisputed = "NOT EXISTS (SELECT 1 FROM disputes o WHERE o.booking_id = b.id AND o.status IN ?)"
	return []unrecognisedQuery{
		{
			from:  "bookings b FORCE INDEX (idx_bookings_recognise) WHERE b.recognise_at < ? AND " + undisputed,
			order: "b.recognise_at, b.id", arguments: []any{before, booking.WithholdingDisputes},
		},
		{
			from:  fmt.Sprintf(ofDisputes, "idx_disputes_updated", "updated_at >= ?") + " AND b.recognise_at >= ? AND " + undisputed,
			order: "d.booking_id", arguments: []any{s.Now().Add(-disputedWait), latest, before, booking.WithholdingDisputes},
		},
		{
			disputed: true, from: fmt.Sprintf(ofDisputes, "idx_disputes_status", "status IN ?"),
			order: "d.booking_id", arguments: []any{booking.WithholdingDisputes, latest},
		},
	}
}

type unrecognisedRow struct {
	Reference     booking.Reference
	FlightJSON    string `gorm:"column:flight_json"`
	CreatedAt     time.Time
	RecogniseAt   time.Time
	RevenueMoment *booking.RevenueMoment
}

func (r unrecognisedRow) unrecognised(disputed bool) (Unrecognised, error) {
	known, err := bookingRow{Reference: r.Reference, FlightJSON: r.FlightJSON}.domain()
	due := known.Flight.DepartsAt
	if r.RevenueMoment != nil && *r.RevenueMoment == booking.AtTicketing {
		due = r.CreatedAt
	}
	return Unrecognised{r.Reference, due, disputed}, err
}
