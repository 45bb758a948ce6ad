package test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/devstack"
	"farebook/internal/dev/testkit"
)

// The drills follow docs/disaster.md. Where a database is lost, API and worker are processes; where webhooks are lost, they run inside the
// test, which moves their clock by three days. `make drills` runs all and prints how long each took from the disaster to the last check.

// drill prints how long it took; call it where the disaster begins.
func drill(t testing.TB) func() {
	t.Helper()
	began := time.Now()
	return func() { t.Logf("recovered in %s", time.Since(began).Round(100*time.Millisecond)) }
}

func ownTemporal(t *testing.T) *devstack.Temporal {
	t.Helper()
	server, err := devstack.StartTemporal(t.Context(), t.TempDir(), devstack.ForTests(), devstack.Headless())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Kill()) })
	return server
}

// requireCalm ends a drill: verify holds, and a reconciliation finds nothing.
func requireCalm(s *testkit.Stack) {
	s.T.Helper()
	s.AwaitQuiet()
	out, err := starterWith(s, "verify")
	require.NoError(s.T, err, out)
	require.Contains(s.T, out, "checks hold")
	out, err = starterWith(s, "reconcile", "--lookback-days", "4", "--limit", "0", "--dry-run")
	require.NoError(s.T, err, out)
	require.Contains(s.T, out, "differences 0")
	s.RequirePromises()
}

// requireMailedOnce checks that the mailbox has every email of the books once and no other, and the confirmations of these bookings.
func requireMailedOnce(s *testkit.Stack, confirmed ...testkit.Booked) {
	s.T.Helper()
	messages, ids := s.Mailbox.Messages(), map[string]bool{}
	for _, message := range messages {
		ids[message.MessageID] = true
	}
	require.Len(s.T, ids, len(messages), "mailed twice")
	require.Len(s.T, messages, s.DB.Count(s.T, "SELECT COUNT(*) FROM emails WHERE status = 'sent'"), "emails in the mailbox")
	for _, booked := range confirmed {
		require.Equal(s.T, 1, s.MailCount(booked.Reference, "booking_confirmed"))
		count := 0
		for _, mail := range s.Mails(booked.Reference) {
			if strings.HasPrefix(mail.Subject, "Confirmed: ") {
				count++
			}
		}
		require.Equal(s.T, 1, count, "confirmations of %s in the mailbox", booked.Reference)
	}
}

// Temporal's database is lost while bookings, refunds and disputes are under way.
func TestDrillTemporalIsLost(t *testing.T) {
	t.Parallel()
	server := ownTemporal(t)
	s := testkit.New(t, testkit.Options{Processes: true, TemporalAddress: server.Address()})
	paid := s.BookAndPay("paid", nil)
	pending := s.Book("pending", testkit.BookingBody(nil))
	dispute, err := s.Stripe.Dispute(paid.Payment.PaymentIntentID, 0, "fraudulent")
	require.NoError(t, err)
	awaitDispute(s, dispute, "needs_response")
	s.AwaitQuiet()

	done := drill(t)
	require.NoError(t, server.Lose(t.Context()))
	_, err = starterWith(s, "setup")
	require.NoError(t, err)
	s.Eventually(s.API.Ready, "no booking can be taken; logs:\n%s", s.Logs)
	require.Equal(t, http.StatusOK, s.Pay(pending.Payment.PaymentIntentID, "pm_card_visa"))
	s.AwaitStatus(pending.Reference, "confirmed")
	require.NoError(t, s.Stripe.MoveDispute(dispute, "won"))
	s.AwaitStatus(paid.Reference, "confirmed")
	requireCalm(s)
	require.Len(t, s.Stripe.PaymentIntents(), 2, "charged twice")
	requireMailedOnce(s, paid, pending)
	done()
}

// The database is restored from an hour ago, and Temporal kept its workflows.
func TestDrillDatabaseIsAnHourOld(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{Processes: true, Sweep: rareSweeps})
	recoverLostHour(s, func() {})
}

// The database is restored from an hour ago, and Temporal has lost everything.
func TestDrillDatabaseIsAnHourOldAndTemporalIsLost(t *testing.T) {
	t.Parallel()
	server := ownTemporal(t)
	s := testkit.New(t, testkit.Options{Processes: true, TemporalAddress: server.Address(), Sweep: rareSweeps})
	recoverLostHour(s, func() {
		require.NoError(t, server.Lose(t.Context()))
		_, err := starterWith(s, "setup")
		require.NoError(t, err)
	})
}

// recoverLostHour is the runbook for a restored database; meanwhile is done before API and workers start again.
func recoverLostHour(s *testkit.Stack, meanwhile func()) {
	s.T.Helper()
	var done func()
	l := loseAnHour(s, func() {
		done = drill(s.T)
		s.StopProcesses()
	})
	meanwhile()
	l.run("fence", "raise", "--reason", "the database was restored")
	s.StartProcesses()
	l.recover()
	l.requireWhole()
	requireCalm(s)
	done()
}

// No webhook reaches us for three days, in which bookings are paid, refunded, disputed and paid out.
func TestDrillWebhooksAreLostForThreeDays(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	kept, disputed := s.BookAndPay("kept", nil), s.BookAndPay("disputed", nil)
	s.AwaitQuiet()
	again := s.DropWebhooks()
	unheard := s.Book("unheard", testkit.BookingBody(nil))
	require.Equal(t, http.StatusOK, s.Pay(unheard.Payment.PaymentIntentID, "pm_card_visa"))
	_, err := s.Stripe.RefundInDashboard(kept.Payment.PaymentIntentID, 5000)
	require.NoError(t, err)
	_, err = s.Stripe.Dispute(disputed.Payment.PaymentIntentID, 0, "fraudulent")
	require.NoError(t, err)
	s.Stripe.SettleFunds()
	_, err = s.Stripe.PayOut("usd")
	require.NoError(t, err)
	s.DB.Clock.Advance(72 * time.Hour)

	done := drill(t)
	again()
	require.NotEmpty(t, reconcile(s, `{"lookbackDays": 4, "limit": 0}`).Details)
	s.AwaitQuiet()
	require.Equal(t, "confirmed", s.Status(unheard.Reference))
	require.Equal(t, "partially_refunded", s.Status(kept.Reference))
	require.Equal(t, "disputed", s.Status(disputed.Reference))
	require.Empty(t, reconcile(s, `{"lookbackDays": 4, "limit": 0}`).Details)
	out, err := starterWith(s, "verify")
	require.NoError(t, err, out)
	s.RequirePromises()
	require.Len(t, s.Stripe.PaymentIntents(), 3, "charged twice")
	require.Len(t, s.Stripe.Refunds(), 1, "refunded twice")
	requireMailedOnce(s, kept, disputed, unheard)
	done()
}
