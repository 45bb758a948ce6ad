package test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/fakestripe"
	"farebook/internal/dev/testkit"
)

// A payout's statement has each balance transaction, their sums and the trace id, and nothing remains. What the ledger does not have is
// named, and so is what Stripe does not say.
func TestPayoutStatementNamesWhatRemains(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.BookAndPay("paid-out", nil)
	s.AwaitQuiet()
	s.Stripe.Bill(250, "usd", "Radar")
	s.Stripe.SettleFunds()
	id := provenPayout(s)
	says := func(exit string, id string, says ...string) {
		t.Helper()
		said, err := s.StarterCommand("payouts", "statement", id, "--format", "csv").CombinedOutput()
		if exit == "" {
			require.NoError(t, err, "%s", said)
		} else {
			require.ErrorContains(t, err, exit, "%s", said)
		}
		for _, text := range says {
			require.Contains(t, string(said), text)
		}
	}
	says("", id, `"pending, automatic, arrives on `, ", trace id not known", ","+booked.Reference+",", ",USD,459.00,13.61,445.39,",
		",USD,-2.50,0.00,-2.50,", "sum,,,charge,,,0,USD,459.00,13.61,445.39,1 balance transactions",
		"remainder,,,,,,0,USD,0.00,0.00,0.00,nothing remains", "holds  its lines add up to the payout")
	require.NoError(t, s.Stripe.Rewrite(id, map[string]any{"trace_id": map[string]any{"status": "supported", "value": "20261130T1"}}))
	require.NoError(t, s.Stripe.MovePayout(id, "paid"))
	awaitPayout(s, id, "paid", "proven")
	says("", id, "trace id 20261130T1")
	require.NoError(t, s.Stripe.Rewrite(id, nil))
	require.NoError(t, s.Stripe.MovePayout(id, "failed"))
	awaitPayout(s, id, "failed", "proven")
	says("", id, "trace id 20261130T1", "failed, automatic")

	foreign := s.Stripe.Book(fakestripe.BalanceTransaction{
		Amount: 700, Currency: "usd", Type: "adjustment", Category: "other_adjustment", Description: "a correction by Stripe",
	})
	unproven, err := s.Stripe.PayOut("usd")
	require.NoError(t, err)
	awaitPayout(s, unproven, "pending", "pending")
	s.Eventually(func() bool {
		return s.DB.Count(t, "SELECT COUNT(*) FROM payout_transactions WHERE stripe_balance_transaction_id = ?", foreign) == 1
	}, "the contents were not read; logs:\n%s", s.Logs)
	says("exit status 1", unproven, "unposted,"+foreign, "the ledger does not have it", "nothing remains",
		"DIFFERS  the ledger has each balance transaction that Stripe lists for it: "+foreign+": other_adjustment of $7.00")

	s.BookAndPay("by-hand", nil)
	s.Stripe.SettleFunds()
	var manual struct{ ID string }
	require.Equal(t, http.StatusOK, s.PostToStripe("/v1/payouts", url.Values{"amount": {"1000"}, "currency": {"usd"}}, &manual))
	awaitPayout(s, manual.ID, "pending", "manual")
	says("exit status 1", manual.ID, "remainder,,,,,,0,USD,10.00,0.00,10.00,Stripe does not say what a manual payout pays out")
	says("exit status 4", "po_unknown", "no payout has the id po_unknown")
}
