package sweeper_test

import (
	"bytes"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A booking whose revenue cannot be posted is named and keeps no other one waiting, neither in this sweep nor in later ones.
func TestABookingThatIsNotRecognisedKeepsNoOtherWaiting(t *testing.T) {
	t.Parallel()
	s := newSweeper(t)
	broken, other := s.Paid("broken"), s.Paid("other")
	s.Exec(t, `UPDATE bookings SET flight_json = JSON_SET(flight_json, '$.departsAt', '2026-01-01T00:00:00Z')`)
	s.Exec(t, "UPDATE bookings SET recognise_at = '2026-01-01' WHERE reference = '"+string(broken)+"'")
	s.Exec(t, "UPDATE bookings SET recognise_at = '2026-01-02' WHERE reference = '"+string(other)+"'")
	s.Exec(t, `CREATE TRIGGER one_fails BEFORE INSERT ON financial_ledger FOR EACH ROW
		IF NEW.type = 'recognition' AND NEW.booking_id = (SELECT id FROM bookings WHERE reference = '`+string(broken)+`') THEN
		SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'out of order'; END IF`)
	var log bytes.Buffer
	s.Log = slog.New(slog.NewJSONHandler(&log, nil))
	for range 2 {
		err := s.Sweep(t.Context())
		require.ErrorContains(t, err, "recognise the revenue of 1 bookings, the first of which is "+string(broken))
		require.ErrorContains(t, err, "out of order")
		require.Contains(t, log.String(), `"reference":"`+string(broken)+`"`)
		require.Equal(t, string(broken), s.Text(t, "SELECT GROUP_CONCAT(reference) FROM bookings WHERE recognise_at IS NOT NULL"))
	}
	s.Exec(t, "DROP TRIGGER one_fails")
	s.Clock.Advance(time.Minute)
	require.NoError(t, s.Sweep(t.Context()))
	require.Equal(t, 2, s.Count(t, "SELECT COUNT(*) FROM financial_ledger WHERE type = 'recognition'"))
}
