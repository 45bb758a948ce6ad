package test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testkit"
)

func awaitPayout(s *testkit.Stack, id, status, proof string) {
	s.T.Helper()
	s.Eventually(func() bool {
		return s.DB.Count(s.T, "SELECT COUNT(*) FROM payouts WHERE stripe_payout_id = ? AND status = ? AND proof = ?", id, status, proof) == 1
	}, "payout %s never became %s and %s; logs:\n%s", id, status, proof, s.Logs)
}

// provenPayout makes a payout of the dollars that are due, and returns its id once the books have proven it.
func provenPayout(s *testkit.Stack) string {
	s.T.Helper()
	id, err := s.Stripe.PayOut("usd")
	require.NoError(s.T, err)
	awaitPayout(s, id, "pending", "proven")
	return id
}

// An automatic payout is posted, proven by its balance transactions, and paid. It is reversed when it fails after that.
func TestPayoutIsProvenAndComesBackWhenItFails(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	for _, key := range []string{"one", "two"} {
		s.BookAndPay(key, nil)
	}
	s.AwaitQuiet()
	s.Stripe.SettleFunds()
	id := provenPayout(s)
	s.AwaitQuiet()
	require.Equal(t, 2, s.DB.Count(t, "SELECT transactions FROM payouts"))
	require.Zero(t, s.Stripe.Balance("usd"))
	s.RequirePromises()
	read := s.StripeCalls(http.MethodGet, "/v1/balance_transactions")
	for _, status := range []string{"in_transit", "paid", "failed"} {
		require.NoError(t, s.Stripe.MovePayout(id, status))
		awaitPayout(s, id, status, "proven")
	}
	s.AwaitQuiet()
	require.Equal(t, read, s.StripeCalls(http.MethodGet, "/v1/balance_transactions"), "what was proven is not read again")
	require.Equal(t, 1, s.FinanceMailCount("payout_failed"))
	require.Equal(t, 2, s.DB.Count(t, "SELECT COUNT(*) FROM financial_ledger WHERE type IN ('payout', 'payout_reversal')"))
	s.RequirePromises()
	s.SaveRun("Payout:"+id, "payout_failed")
}

// A payment that the ledger does not have keeps a payout unproven. Once it is posted, the next poll proves the payout.
func TestPayoutIsProvenOnceTheLedgerHasItsPayments(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	s.BookAndPay("known", nil)
	late := s.Book("late", testkit.BookingBody(nil))
	s.AwaitQuiet()
	s.Stripe.HoldWebhooks()
	require.Equal(t, 200, s.Pay(late.Payment.PaymentIntentID, "pm_card_visa"))
	s.Stripe.SettleFunds()
	id, err := s.Stripe.PayOut("usd")
	require.NoError(t, err)
	s.Stripe.ReleaseWebhooksDisordered(2)
	awaitPayout(s, id, "pending", "proven")
	s.AwaitStatus(late.Reference, "confirmed")
	s.AwaitQuiet()
	s.RequirePromises()
	s.SaveRun("Payout:"+id, "payout_proven")
}

// A payout includes a bill of Stripe's own: the bill is posted with it, and the payout is proven.
func TestPayoutPostsStripesBillWithIt(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	s.BookAndPay("billed", nil)
	s.AwaitQuiet()
	bill := s.Stripe.Bill(250, "usd", "Radar")
	s.Stripe.SettleFunds()
	provenPayout(s)
	s.AwaitQuiet()
	require.Equal(t, 1, s.DB.Count(t, "SELECT COUNT(*) FROM financial_ledger WHERE type = 'account_fee' AND stripe_balance_transaction_id = ?",
		bill))
	s.RequirePromises()
	require.Empty(t, reconcile(s, `{}`).Details)
}

// A payout of more than one page is read by a long activity, which continues where a worker has died.
func TestLargePayoutIsProven(t *testing.T) {
	t.Parallel()
	const payments = 1200
	s := testkit.New(t, testkit.Options{Processes: true, WorkerFailpoint: "after-payout-page"})
	fillLedger(t, s.DB, payments, "pi_fill_", "txn_fill_")
	s.Stripe.Fill(payments, filledAfter(s.DB), time.Now().Add(-2*time.Hour), time.Now().Add(-time.Hour))
	id := provenPayout(s)
	s.RequireDeaths("worker", 1)
	require.Equal(t, payments, s.DB.Count(t, "SELECT transactions FROM payouts"))
	s.AwaitRunEnd("Payout:" + id)
	require.NoError(t, s.BooksPromises())
	require.NoError(t, s.ClearingEqualsStripe())
	s.SaveRun("Payout:"+id, "payout_large")
}

// A manual payout cannot be proven, because Stripe does not say what it pays out. When it is cancelled before it leaves, its money comes
// back.
func TestCanceledManualPayoutComesBack(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	s.BookAndPay("by-hand", nil)
	s.AwaitQuiet()
	s.Stripe.SettleFunds()
	var payout struct{ ID string }
	require.Equal(t, http.StatusOK, s.PostToStripe("/v1/payouts", url.Values{"amount": {"1000"}, "currency": {"usd"}}, &payout))
	awaitPayout(s, payout.ID, "pending", "manual")
	s.AwaitQuiet()
	s.RequirePromises()
	require.Equal(t, http.StatusOK, s.PostToStripe("/v1/payouts/"+payout.ID+"/cancel", nil, nil))
	awaitPayout(s, payout.ID, "canceled", "manual")
	s.AwaitQuiet()
	require.Equal(t, 2, s.DB.Count(t, "SELECT COUNT(*) FROM financial_ledger WHERE type IN ('payout', 'payout_reversal')"))
	s.RequirePromises()
	s.SaveRun("Payout:"+payout.ID, "payout_canceled")
}

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
	provenPayout(s)
	s.AwaitQuiet()
	require.Zero(t, s.Stripe.Balance("usd"))
	require.EqualValues(t, -1361, balanceOf(s, "asset:payouts_in_transit", "USD"))
	s.RequirePromises()
	require.Empty(t, reconcile(s, `{"dryRun":true}`).Details)
}
