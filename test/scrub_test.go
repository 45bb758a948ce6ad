package test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testkit"
)

// The scrub command is killed after a batch, while bookings are paid. The next one scrubs the rest, and waiting events are processed.
func TestScrubKilledIsCompletedByTheNext(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	s.BookAndPay("before", nil)
	s.BookAndPay("before too", nil)
	s.AwaitQuiet()
	const raw = `{"id":"evt_%d","object":"event","type":"payment_intent.succeeded","api_version":"2023-10-16","created":1,"livemode":false,"data":{"object":{"id":"pi_1","object":"payment_intent","client_secret":"pi_1_secret_Canary","metadata":{}}}}`
	s.DB.Exec(t, "UPDATE stripe_events SET payload_form = 0, payload = REPLACE(?, 'evt_%d', stripe_event_id)", raw)
	all := s.DB.Count(t, "SELECT COUNT(*) FROM stripe_events")
	left := func() int { return s.DB.Count(t, "SELECT COUNT(*) FROM stripe_events WHERE payload LIKE '%Canary%'") }
	require.Equal(t, all, left())
	out, err := starterWith(s, "events", "scrub", "--dry-run")
	require.NoError(t, err)
	require.Contains(t, out, "Would reduce")
	require.Equal(t, all, left())

	s.KilledAt("after-scrub-batch", s.StarterCommand("events", "scrub", "--batch", "2"))
	require.Equal(t, all-2, left())

	s.DB.Exec(t, "UPDATE stripe_events SET processed = FALSE, state = 'received', next_attempt_at = UTC_TIMESTAMP(6) WHERE type = "+
		"'payment_intent.succeeded'")
	s.BookAndPay("meanwhile", nil)
	out, err = starterWith(s, "events", "scrub", "--pause", "0")
	require.NoError(t, err)
	require.Contains(t, out, "Done:")
	require.Zero(t, left())
	s.AwaitQuiet()
	require.Equal(t, 2, s.DB.Count(t, "SELECT COUNT(*) FROM audit_log WHERE action = 'event.scrub'"))
	s.RequirePromises()
}
