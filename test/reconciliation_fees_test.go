package test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testkit"
)

// settledLater is a paid booking whose fee Stripe has told by now, in an event that has not come.
func settledLater(s *testkit.Stack) testkit.Booked {
	s.Stripe.DelayBalanceTransactions(true)
	booked := s.Book("fee", testkit.BookingBody(nil))
	require.Equal(s.T, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"))
	s.AwaitStatus(booked.Reference, "confirmed")
	s.AwaitQuiet()
	s.AwaitRest(s.WorkflowID(booked.Reference)) // until its poll, which comes after a minute
	s.DropWebhooks()
	s.Stripe.ReleaseBalanceTransactions()
	return booked
}

// A fee whose event may still be on its way is timing: nothing is done, and finance has no mail about it.
func TestFeeOnItsWayIsTiming(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{Lag: 15 * time.Minute, Sweep: rareSweeps})
	settledLater(s)
	run := reconcile(s, `{}`)
	require.Equal(t, map[string]int{"timing": 1}, run.classes(), "%+v", run.Details)
	require.Zero(t, run.Fixed)
	require.Zero(t, s.FinanceMailCount("reconciliation"))
}

// A fee whose event was lost is posted by the payment's own workflow, which reads the payment again.
func TestFeeWhoseEventWasLostIsHealed(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{Sweep: rareSweeps})
	booked := settledLater(s)
	run := reconcile(s, `{}`)
	require.Equal(t, map[string]int{"fee_mismatch": 1}, run.classes(), "%+v", run.Details)
	require.Equal(t, 1, run.Fixed, "%+v\n%s", run.Details, s.Logs)
	s.RequireLedger(booked.Reference, "payment", "stripe_fee")
	require.Empty(t, reconcile(s, `{}`).Details)
	s.AwaitQuiet()
	s.RequirePromises()
}

// A fee that was posted wrong beside a right net is nothing on the clearing account: it neither makes a difference there nor hides
// one.
func TestWrongFeeBesideARightNet(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	s.BookAndPay("paid", nil)
	s.AwaitQuiet()
	s.DB.Exec(t, "UPDATE ledger_entries SET amount = amount + 77777") // gross and fee: the net stays
	run := reconcile(s, `{}`)
	require.Equal(t, map[string]int{"fee_mismatch": 1}, run.classes(), "%+v", run.Details)
}
