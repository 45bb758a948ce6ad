package test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testkit"
)

// warning is what /readyz says although bookings are taken.
func warning(s *testkit.Stack) string {
	s.T.Helper()
	answer, err := s.API.Ask(http.MethodGet, "/readyz", "", nil)
	require.NoError(s.T, err)
	require.Equal(s.T, http.StatusOK, answer.Status, "a suspicion keeps nobody from booking")
	var ready struct{ Warning string }
	answer.Into(s.T, &ready)
	return ready.Warning
}

// An inbox that misses the newest events that Stripe has delivered is a reason for a warning, and none for a fence: lost webhooks look
// alike. The warning names the event, both times and the command, and ends once an operator has dealt with it.
func TestInboxThatLostItsNewestEventsIsNamed(t *testing.T) {
	t.Parallel()
	for name, dealWith := range map[string]func(*testkit.Stack){
		"a fence raised and lowered": func(s *testkit.Stack) {
			for _, args := range [][]string{
				{"fence", "raise", "--reason", "the database was restored"},
				{"fence", "lower", "--note", "nothing is missing"},
			} {
				out, err := starterWith(s, args...)
				require.NoError(t, err, out)
			}
		},
		"a reconciliation": func(s *testkit.Stack) { reconcile(s, `{"lookbackDays": 2, "limit": 0}`) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := testkit.New(t, testkit.Options{FenceLook: fenceLook})
			s.DB.Clock.Advance(-20 * time.Minute)
			s.BookAndPay("kept", nil)
			s.AwaitQuiet()
			newest := s.DB.Count(t, "SELECT MAX(id) FROM stripe_events")
			s.DB.Clock.Advance(5 * time.Second)
			lost := s.BookAndPay("lost", nil)
			s.AwaitQuiet()
			s.Stripe.Settle()
			s.DB.Clock.Advance(20*time.Minute - 5*time.Second)
			awaitEventLooks(s)
			require.Empty(t, warning(s), "a whole inbox")
			out, err := starterWith(s, "verify")
			require.NoError(t, err, out)

			created := s.DB.Text(t, "SELECT DATE_FORMAT(MAX(stripe_created_at), '%Y-%m-%dT%TZ') FROM stripe_events WHERE id <= ?", newest)
			events := strings.Fields(s.DB.Text(t, "SELECT GROUP_CONCAT(stripe_event_id SEPARATOR ' ') FROM stripe_events WHERE id > ?", newest))
			s.DB.Exec(t, "DELETE FROM stripe_events WHERE id > ?", newest)
			s.Eventually(func() bool { return warning(s) != "" }, "the loss is not named; logs:\n%s", s.Logs)
			said := warning(s)
			require.True(t, namesOne(said, events), "%s names none of %v, which are about %s", said, events, lost.Reference)
			require.Contains(t, said, created)
			require.Contains(t, said, "starter fence raise --reason")
			out, err = starterWith(s, "verify")
			require.Error(t, err, "verify holds: %s", out)
			require.True(t, namesOne(strings.Join(strings.Fields(out), " "), events), out)
			awaitEventLooks(s)
			require.Equal(t, 1, strings.Count(s.Logs.String(), "the inbox misses events that Stripe has delivered"), "logged once")
			require.Zero(t, s.DB.Count(t, "SELECT COUNT(*) FROM fences"), "lost webhooks look alike")

			dealWith(s)
			s.Eventually(func() bool { return warning(s) == "" }, "still named; logs:\n%s", s.Logs)
			out, err = starterWith(s, "verify")
			require.NoError(t, err, out)
		})
	}
}

func namesOne(text string, events []string) bool {
	for _, event := range events {
		if strings.Contains(text, event) {
			return true
		}
	}
	return false
}

// awaitEventLooks waits until the API has compared Stripe's events with the inbox again.
func awaitEventLooks(s *testkit.Stack) {
	s.T.Helper()
	awaitReads(s, "/v1/events", 3)
}

// Events that Stripe could not deliver yet, those of payments that the books do not know, and those of the last minutes are no reason
// for a warning.
func TestUndeliveredEventsAreNotSuspicious(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{FenceLook: fenceLook})
	s.BookAndPay("heard", nil)
	s.AwaitQuiet()
	s.DB.Clock.Advance(time.Minute)
	again := s.DropWebhooks()
	s.ForeignPayment(1000)
	again()
	s.Stripe.HoldWebhooks()
	waiting := s.Book("waiting", testkit.BookingBody(nil))
	require.Equal(t, http.StatusOK, s.Pay(waiting.Payment.PaymentIntentID, "pm_card_visa"))
	s.DB.Clock.Advance(15 * time.Minute)
	awaitEventLooks(s)
	require.Empty(t, warning(s), "Stripe has not delivered them")

	again = s.DropWebhooks()
	young := s.Book("young", testkit.BookingBody(nil))
	require.Equal(t, http.StatusOK, s.Pay(young.Payment.PaymentIntentID, "pm_card_visa"))
	again()
	awaitEventLooks(s)
	require.Empty(t, warning(s), "events of the last minutes may be on their way")
	s.DB.Clock.Advance(15 * time.Minute)
	s.Eventually(func() bool { return warning(s) != "" }, "events that nobody got are not named; logs:\n%s", s.Logs)
	s.Stripe.ReleaseWebhooks()
}
