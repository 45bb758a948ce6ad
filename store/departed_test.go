package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/store"
)

// Whether a bank debit settled before the departure or after it, Stripe's times say, however much later it is recorded: its event, or
// else the day on which its money was available.
func TestDebitIsJudgedByWhenStripeSettledIt(t *testing.T) {
	t.Parallel()
	left := time.Now().UTC().AddDate(0, 0, -21).Truncate(time.Second) // the flight, three weeks before it is recorded
	for name, c := range map[string]struct {
		event, available time.Time
		shown            int
	}{
		"event before the departure":     {left.Add(-time.Hour), left.AddDate(0, 0, 4), 0},
		"event after the departure":      {left.Add(time.Hour), left.AddDate(0, 0, -1), 1},
		"available before the departure": {time.Time{}, left.Add(-time.Hour), 0},
		"available after the departure":  {time.Time{}, left.Add(time.Hour), 1},
		"Stripe says neither":            {time.Time{}, time.Time{}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBooks(t)
			snapshot := paid(b.held(), true)
			b.Exec(t, "UPDATE bookings SET flight_json = JSON_SET(flight_json, '$.departsAt', ?, '$.arrivesAt', ?)",
				left.Format(time.RFC3339), left.Add(7*time.Hour).Format(time.RFC3339))
			snapshot.PaidAt, snapshot.SettlesLater = left.AddDate(0, 0, -5), true
			snapshot.Balance.Created, snapshot.Balance.AvailableOn = snapshot.PaidAt, c.available
			if !c.event.IsZero() {
				b.heard("evt_1", "payment_intent.succeeded", snapshot.PaymentIntentID, c.event)
			}
			recorded, err := b.record(snapshot, store.ReasonEvent)
			require.NoError(t, err)
			require.Equal(t, booking.StatusConfirmed, recorded.BookingStatus)
			require.Equal(t, c.shown, b.Count(t, "SELECT COUNT(*) FROM attention_items WHERE kind = 'departed'"))
			require.Zero(t, b.Count(t, "SELECT COUNT(*) FROM refunds"))
		})
	}
}
