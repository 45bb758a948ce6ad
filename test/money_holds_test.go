package test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testkit"
)

// What an automatic payout pays out is not listed at once (reconciliation_status in_progress): it is waited for, and then proven.
func TestPayoutWhoseReconciliationIsInProgressIsWaitedFor(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	s.BookAndPay("in-progress", nil)
	s.AwaitQuiet()
	s.Stripe.HoldPayoutReconciliation(true)
	s.Stripe.SettleFunds()
	id, err := s.Stripe.PayOut("usd")
	require.NoError(t, err)
	awaitPayout(s, id, "pending", "pending")
	s.RequirePromises()
	require.NoError(t, s.Stripe.CompletePayoutReconciliation(id))
	awaitPayout(s, id, "pending", "proven")
	s.AwaitQuiet()
	s.RequirePromises()
}

// A balance below zero is paid out the other way round: the bank pays Stripe.
func TestPayoutBelowZeroIsPostedAndProven(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.BookAndPay("below-zero", nil)
	awaitRefund(s, ask(s, booked.Reference, "all", `{}`).ID, "succeeded")
	s.AwaitQuiet()
	require.Negative(t, s.Stripe.Balance("usd"), "the fee is not given back")
	s.Stripe.AllowNegativePayouts(true)
	s.Stripe.SettleFunds()
	id, err := s.Stripe.PayOut("usd")
	require.NoError(t, err)
	awaitPayout(s, id, "pending", "proven")
	s.AwaitQuiet()
	require.Zero(t, s.Stripe.Balance("usd"))
	require.Equal(t, -1361, s.DB.Count(t, "SELECT SUM(IF(side = 'debit', amount, -amount)) FROM ledger_entries WHERE account = 'asset:bank'"))
	s.RequirePromises()
	require.Empty(t, reconcile(s, `{"dryRun":true}`).Details)
}

// Some accounts do not get the fee of a dispute back that they win: it stays an expense, and nothing of the dispute is left over.
func TestFeeOfAWonDisputeMayStayWithStripe(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	s.Stripe.KeepDisputeFees(true)
	booked := s.BookAndPay("fee-kept", nil)
	id, err := s.Stripe.Dispute(booked.Payment.PaymentIntentID, 0, "fraudulent")
	require.NoError(t, err)
	s.AwaitStatus(booked.Reference, "disputed")
	require.NoError(t, s.Stripe.MoveDispute(id, "won"))
	s.AwaitStatus(booked.Reference, "confirmed")
	s.AwaitRunEnd("Dispute:" + id)
	s.AwaitQuiet()
	s.RequireLedger(booked.Reference, "payment", "dispute", "dispute_reversal")
	require.Equal(t, 1361+1500, s.DB.Count(t, "SELECT SUM(IF(side = 'debit', amount, -amount)) FROM ledger_entries WHERE account = 'expense:stripe_fees'"))
	s.RequirePromises()
	require.Empty(t, reconcile(s, `{"dryRun":true}`).Details)
}

// A charge can be disputed more than once: each dispute has its own money and end.
func TestSeveralDisputesOfOneChargeEndEachForItself(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.BookAndPay("twice-disputed", nil)
	var ids []string
	for range 2 {
		id, err := s.Stripe.Dispute(booked.Payment.PaymentIntentID, 10000, "fraudulent")
		require.NoError(t, err)
		awaitDispute(s, id, "needs_response")
		ids = append(ids, id)
	}
	s.AwaitStatus(booked.Reference, "disputed")
	require.NoError(t, s.Stripe.MoveDispute(ids[0], "won"))
	awaitDispute(s, ids[0], "won")
	s.AwaitQuiet()
	require.Equal(t, "disputed", s.Status(booked.Reference), "the other one is open")
	s.RequirePromises()
	require.NoError(t, s.Stripe.MoveDispute(ids[1], "lost"))
	s.AwaitStatus(booked.Reference, "partially_refunded")
	s.AwaitQuiet()
	require.Equal(t, 10000, s.DB.Count(t, "SELECT SUM(IF(side = 'debit', amount, -amount)) FROM ledger_entries WHERE account = 'expense:chargebacks'"))
	s.RequirePromises()
	require.Empty(t, reconcile(s, `{"dryRun":true}`).Details)
}
