package test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/fakestripe"
	"farebook/internal/dev/testkit"
	"farebook/starter/dispatch"
	"farebook/starter/inbox"
)

// told is how many events of Stripe's are in a state.
func told(s *testkit.Stack, state string) int {
	s.T.Helper()
	return s.DB.Count(s.T, "SELECT COUNT(*) FROM stripe_events WHERE state = ?", state)
}

// patienceIsOver has Stripe be behind itself for ten minutes.
func patienceIsOver(s *testkit.Stack) {
	s.T.Helper()
	s.Stripe.Advance(10 * time.Minute)
}

func requireNoRunFailed(s *testkit.Stack) {
	s.T.Helper()
	failed, err := dispatch.NewClient(s.Temporal, s.Config.TaskQueue).Failed(s.T.Context())
	require.NoError(s.T, err)
	require.Empty(s.T, failed)
}

// Each type of event that Farebook acts on, about objects that our account does not have: all are retried while Stripe may be behind
// itself, then set aside with the reason, and no run has failed.
func TestEventsAboutObjectsThatStripeDoesNotHaveAreSetAside(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.BookAndPay("ours", nil)
	s.AwaitQuiet()
	types := inbox.Types()
	for i, kind := range types {
		// Of a payment of ours, so that only Stripe can say that there is no such object.
		object := fmt.Sprintf(`{"id":"xx_%dTheirs","object":"other","payment_intent":%q,"metadata":{}}`, i, booked.Payment.PaymentIntentID)
		require.Equal(t, http.StatusOK, s.DeliverMade(fakestripe.MadeEvent{Type: kind, Object: []byte(object)}), kind)
	}
	reference := booked.Reference
	unknown := fmt.Sprintf(`{"id":"pi_1Theirs","object":"payment_intent","metadata":{"booking_reference":%q}}`, reference)
	s.DeliverMade(fakestripe.MadeEvent{Type: "payment_intent.succeeded", Object: []byte(unknown)})
	s.Eventually(func() bool {
		return s.DB.Count(t, "SELECT COUNT(*) FROM stripe_events WHERE processed = FALSE AND attempts = 0") == 0
	}, "not handed on")
	require.NotZero(t, told(s, "processing"), "Stripe may be behind itself")
	patienceIsOver(s)
	s.AwaitQuiet()
	s.Eventually(func() bool { return told(s, "processing") == 0 && told(s, "failed") == 0 }, "events wait for ever")
	require.NotEmpty(t, s.DB.Text(t, "SELECT note FROM stripe_events WHERE state = 'not_ours' AND object_id = 'pi_1Theirs'"))
	require.Equal(t, 6, s.DB.Count(t,
		"SELECT COUNT(*) FROM stripe_events WHERE state = 'not_ours' AND type LIKE 'payout.%' AND note LIKE 'Stripe does not have payout %'"))
	requireNoRunFailed(s)
	requireNoAttention(s)
	s.RequireLedger(reference, "payment")
	s.RequirePromises()
}

// Stripe does not find yet what its own event tells of: that is asked again, and recorded.
func TestObjectThatStripeFindsLaterIsRecorded(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.Book("behind", testkit.BookingBody(nil))
	id := booked.Payment.PaymentIntentID
	behind := func(path string) {
		s.Stripe.Faults().Add(fakestripe.Fault{Method: http.MethodGet, Path: path, Kind: fakestripe.FaultNotFound, Count: 3})
	}
	behind("/v1/payment_intents/" + id)
	require.Equal(t, http.StatusOK, s.Pay(id, "pm_card_visa"))
	s.AwaitStatus(booked.Reference, "confirmed")
	behind("/v1/refunds/*")
	refund, err := s.Stripe.RefundInDashboard(id, 1000)
	require.NoError(t, err)
	s.Eventually(func() bool {
		return s.DB.Count(t, "SELECT COUNT(*) FROM refunds WHERE stripe_refund_id = ? AND status = 'succeeded'", refund) == 1
	}, "the refund is not recorded")
	behind("/v1/disputes/*")
	dispute, err := s.Stripe.Dispute(id, 2000, "fraudulent")
	require.NoError(t, err)
	awaitDispute(s, dispute, "needs_response")
	s.Stripe.SettleFunds()
	behind("/v1/payouts/*")
	payout, err := s.Stripe.PayOut("usd")
	require.NoError(t, err)
	require.NoError(t, s.Stripe.MovePayout(payout, "paid"))
	awaitPayout(s, payout, "paid", "proven")
	require.NoError(t, s.Stripe.MoveDispute(dispute, "lost"))
	awaitDispute(s, dispute, "lost")
	s.AwaitQuiet()
	require.Zero(t, told(s, "not_ours"))
	requireNoRunFailed(s)
	s.RequirePromises()
}

// Events of a connected account start nothing, whatever they are about.
func TestEventsOfAConnectedAccountStartNothing(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.BookAndPay("ours", nil)
	s.AwaitQuiet()
	processed := told(s, "processed")
	s.Stripe.SendEventsFrom("acct_1Connected")
	refund, err := s.Stripe.RefundInDashboard(booked.Payment.PaymentIntentID, 1000)
	require.NoError(t, err)
	s.Stripe.Settle()
	s.AwaitQuiet()
	require.Equal(t, processed, told(s, "processed"))
	require.Equal(t, told(s, "not_ours"),
		s.DB.Count(t, "SELECT COUNT(*) FROM stripe_events WHERE account = 'acct_1Connected' AND note LIKE '%acct_1Connected%'"))
	require.NotZero(t, told(s, "not_ours"))
	require.Zero(t, s.DB.Count(t, "SELECT COUNT(*) FROM refunds WHERE stripe_refund_id = ?", refund))
	requireNoRunFailed(s)
}

// A run that cannot record an event writes the reason into the inbox and raises an alarm.
func TestRunThatFailsTellsTheInboxWhy(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.Book("mismatch", testkit.BookingBody(nil))
	s.DB.Exec(t, "UPDATE bookings SET amount = amount + 1")
	require.Equal(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"))
	s.Eventually(func() bool {
		return s.DB.Count(t, "SELECT COUNT(*) FROM stripe_events WHERE state = 'failed' AND last_error LIKE ?",
			"BookingPayment:"+booked.Reference+"%459.01%") > 0
	}, "the inbox does not say why")
	s.Eventually(func() bool { return len(s.LogLines("worker", "events from Stripe could not be recorded")) > 0 }, "no alarm was raised")
	run := s.LatestRun(s.WorkflowID(booked.Reference))
	s.DB.Exec(t, "UPDATE bookings SET amount = amount - 1")
	id := s.DB.Text(t, "SELECT stripe_event_id FROM stripe_events WHERE type = 'payment_intent.succeeded'")
	out, err := starterWith(s, "events", "retry", id)
	require.NoError(t, err, out)
	s.AwaitStatus(booked.Reference, "confirmed")
	s.AwaitQuiet()
	s.SaveEarlierRun(s.WorkflowID(booked.Reference), run, "booking_payment_mismatch_reported")
	s.RequireLedger(booked.Reference, "payment")
}

// An operator sets an event aside, with a note. It is handed on no more, and verify names it for as long as the money that it tells of is
// not explained.
func TestIgnoredEventIsNotProcessed(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{NoWorker: true}) // nothing is recorded
	s.DeliverMade(fakestripe.MadeEvent{Type: "payout.paid", Object: []byte(`{"id":"po_1Old","object":"payout"}`)})
	id := s.DB.Text(t, "SELECT stripe_event_id FROM stripe_events")
	for _, wrong := range [][]string{{id}, {id, "--note", ""}, {id, "--note", "two\nlines"}, {"evt_none", "--note", "x"}} {
		out, err := starterWith(s, append([]string{"events", "ignore"}, wrong...)...)
		require.Error(t, err, out)
	}
	out, err := starterWith(s, "events", "ignore", id, "--note", "a payout of the account before this one")
	require.NoError(t, err)
	require.Equal(t, "Ignored event "+id+"\n", out)
	out, err = starterWith(s, "events", "list", "--state", "ignored")
	require.NoError(t, err)
	require.Contains(t, out, "a payout of the account before this one")
	require.ErrorContains(t, s.BooksPromises(), id+" (payout.paid) is ignored")
	require.Equal(t, "event.ignore", s.DB.Text(t, "SELECT action FROM audit_log WHERE subject = ?", id))
	s.DB.Exec(t, "UPDATE stripe_events SET type = 'payout.updated'") // which tells of no money
	require.NoError(t, s.BooksPromises())
}
