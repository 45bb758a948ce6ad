package test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/finance"
	"farebook/internal/dev/testkit"
	"farebook/ledger"
	booksreport "farebook/store/report"
)

// A payment that is posted after the payout that pays it out, as when its event was lost, can be in the month after: the report of the
// payout's month says how much came later, and does not differ. A payment that was never posted is a difference.
func TestPayoutReportOfAPaymentThatWasPostedLater(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	s.BookAndPay("in time", nil)
	late := s.BookAndPay("late", nil)
	s.AwaitQuiet()
	s.Stripe.SettleFunds()
	provenPayout(s)
	s.AwaitQuiet()
	var left time.Time
	require.NoError(t, s.DB.SQL.QueryRow("SELECT posted_at FROM financial_ledger WHERE type = 'payout'").Scan(&left))
	month := finance.Interval{
		From: left.Add(-time.Hour), To: left.Add(time.Millisecond), Basis: finance.ByPosted, Zone: time.UTC,
	}
	report := func() (finance.Checks, error) {
		return booksreport.New(s.DB.Store).PayoutReconciliation(t.Context(), month, noSink{})
	}
	require.NoError(t, held(report()))

	s.DB.Exec(t, "UPDATE financial_ledger SET posted_at = ? WHERE type = 'payment' AND stripe_payment_intent_id = ?",
		month.To, late.Payment.PaymentIntentID)
	checks, err := report()
	require.NoError(t, held(checks, err))
	const text = "the balance transactions are what the automatic payouts took from " + string(ledger.AssetStripeClearing)
	texts := make([]string, len(checks))
	for n, check := range checks {
		texts[n] = check.Text
	}
	require.Contains(t, texts, text+", but for $445.39 that was posted after the interval")
	month.To = month.To.Add(time.Millisecond)
	require.NoError(t, held(report()), "the interval has all of it")

	s.DB.Exec(t, "UPDATE financial_ledger SET stripe_balance_transaction_id = '' WHERE type = 'payment' AND stripe_payment_intent_id = ?",
		late.Payment.PaymentIntentID)
	require.ErrorContains(t, held(report()), "$445.39 and not $890.78")
}
