package test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testkit"
)

// Without differences, nothing is found and the books stay as they are.
func TestReconciliationOfCleanBooksFindsNothing(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.BookAndPay("clean", nil)
	s.Stripe.DelayBalanceTransactions(true)
	late := s.BookAndPay("late-fee", nil)
	s.Stripe.ReleaseBalanceTransactions()
	s.AwaitWorkflowEnd(late.Reference)
	part := authorised(s, "part")
	require.Equal(t, http.StatusOK, s.Post("/v1/bookings/"+part.Reference+"/capture", "", []byte(usd(20000))).Status)
	refund := ask(s, booked.Reference, "part-refund", usd(100))
	awaitRefund(s, refund.ID, "succeeded")
	_, err := s.Stripe.Dispute(booked.Payment.PaymentIntentID, 0, "fraudulent")
	require.NoError(t, err)
	s.AwaitStatus(booked.Reference, "disputed")
	s.Stripe.SettleFunds()
	_, err = s.Stripe.PayOut("usd")
	require.NoError(t, err)
	s.AwaitQuiet()
	for _, reference := range []string{booked.Reference, part.Reference} { // a workflow may read its object once more before it ends
		s.AwaitWorkflowEnd(reference)
	}
	s.AwaitRunEnd("Refund:" + refund.ID)
	before := everythingElse(s)
	run := reconcile(s, `{}`)
	require.Empty(t, run.Details)
	require.Positive(t, run.Scanned)
	require.Equal(t, before, everythingElse(s))
	s.RequirePromises()
	s.SaveRun("Reconciliation:"+run.CorrelationID, "reconciliation_clean")
}

// What has just settled may still be on its way: that is said, and nothing is done.
func TestReconciliationLeavesWhatIsOnItsWay(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{Lag: time.Hour})
	booked := s.Book("on-its-way", testkit.BookingBody(nil))
	s.Stripe.HoldWebhooks()
	require.Equal(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"))
	run := reconcile(s, `{}`)
	require.Equal(t, map[string]int{"timing": 2}, run.classes(), "%+v", run.Details)
	require.Zero(t, run.Fixed)
	require.Equal(t, "pending_payment", s.Status(booked.Reference))
	s.Stripe.ReleaseWebhooks()
	s.AwaitStatus(booked.Reference, "confirmed")
	s.AwaitQuiet()
	require.Empty(t, reconcile(s, `{}`).Details)
	s.RequirePromises()
}

// The same for a payment that was made hours ago and was paid a moment ago, and for what has moved no money yet.
func TestReconciliationLeavesRecentChangesOfOldPayments(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{Lag: time.Hour})
	refunded, paid := s.BookAndPay("refunded", nil), s.Book("paid-now", testkit.BookingBody(nil))
	s.AwaitQuiet()
	s.DB.Exec(t, "UPDATE payments SET created_at = created_at - INTERVAL 2 HOUR")
	again := s.DropWebhooks()
	require.Equal(t, http.StatusOK, s.Pay(paid.Payment.PaymentIntentID, "pm_card_visa"))
	s.Stripe.HoldRefunds(true)
	refund, err := s.Stripe.RefundInDashboard(refunded.Payment.PaymentIntentID, 700)
	require.NoError(t, err)
	_, err = s.Stripe.Inquire(refunded.Payment.PaymentIntentID)
	require.NoError(t, err)
	s.Stripe.Settle()
	run := reconcile(s, `{"dryRun":true}`)
	require.Equal(t, map[string]int{"timing": 4}, run.classes(), "%+v", run.Details)
	again()
	require.NoError(t, s.Stripe.SettleRefund(refund)) // its event brings it
}

// More open payments than a run may read: the next one continues where it stopped, so that those that stay open for
// good reason never starve the others. A dry run moves nothing on.
func TestOpenPaymentsAreNotStarved(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	for i := range 4 {
		s.Book(fmt.Sprintf("open-%d", i), testkit.BookingBody(nil))
	}
	lost := s.Book("lost", testkit.BookingBody(nil))
	s.AwaitQuiet()
	s.DropWebhooks()
	require.Equal(t, http.StatusOK, s.Pay(lost.Payment.PaymentIntentID, "pm_card_visa"))
	for i, found := range []int{0, 0, 1} {
		for _, options := range []string{`{"scope":"payments","limit":2,"dryRun":true}`, `{"scope":"payments","limit":2}`} {
			run := reconcile(s, options)
			require.Equal(t, 2, run.Scanned, "run %d", i)
			require.Len(t, run.Details, found, "run %d: %+v", i, run.Details)
		}
	}
	s.AwaitStatus(lost.Reference, "confirmed")
	require.Empty(t, reconcile(s, `{"scope":"payments","limit":0}`).Details)
}

// A refund from the dashboard that has moved no money yet, and a bank's inquiry, whose events were lost: no balance
// transaction tells of them, and they are found and taken in all the same.
func TestReconciliationFindsWhatHasMovedNoMoney(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.BookAndPay("inquiry", nil)
	foreign := s.ForeignPayment(500)
	s.AwaitQuiet()
	s.DropWebhooks()
	inquiry, err := s.Stripe.Inquire(booked.Payment.PaymentIntentID)
	require.NoError(t, err)
	_, err = s.Stripe.Inquire(foreign)
	require.NoError(t, err)
	run := reconcile(s, `{}`)
	require.Equal(t, map[string]int{"orphan_payment": 1, "state_mismatch": 1}, run.classes(), "%+v", run.Details)
	require.Equal(t, 1, run.Fixed)
	require.Equal(t, 1, s.DB.Count(t, "SELECT COUNT(*) FROM disputes WHERE stripe_dispute_id = ? AND status = 'warning_needs_response'",
		inquiry))
	require.Zero(t, reconcile(s, `{}`).Fixed)
}
