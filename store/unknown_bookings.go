package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"farebook/booking"
	"farebook/store/internal/db"
)

// KeepEventOpen records that the books do not know the booking of an event. It uses up none of the event's attempts: again is the next
// dispatch, which comes earlier once the booking is known. Harmless when repeated; an event that is processed is left as it is.
func (s *Store) KeepEventOpen(ctx context.Context, id string, reference booking.Reference, note string, again time.Time) error {
	return s.db.WithContext(ctx).Model(&eventRow{}).Where("stripe_event_id = ? AND processed = FALSE", id).
		Updates(map[string]any{
			"state": EventUnknownBooking, "booking_reference": reference, "note": db.Truncate(note, 200), "last_error": "",
			"attempts": keptOpen, "next_attempt_at": again,
		}).Error
}

// keptOpen is how many attempts an event counts at most that waits for its booking or for a server: its pauses grow, and it is never given
// up.
var keptOpen = gorm.Expr("LEAST(attempts, ?)", MaxEventAttempts/2)

// WakeUnknownBookings makes those events due whose booking and payment the books know again, and reports how many. Harmless when repeated.
func (s *Store) WakeUnknownBookings(ctx context.Context, now time.Time) (int64, error) {
	woken := s.db.WithContext(ctx).Exec(`UPDATE stripe_events e JOIN bookings b ON b.reference = e.booking_reference
		JOIN payments p ON p.booking_id = b.id
		SET e.state = ?, e.attempts = 0, e.note = '', e.next_attempt_at = ?
		WHERE e.state = ? AND e.processed = FALSE`, EventReceived, now, EventUnknownBooking)
	return woken.RowsAffected, woken.Error
}
