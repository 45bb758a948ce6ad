package test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/finance"
	"farebook/internal/dev/testkit"
	"farebook/ledger"
	"farebook/starter/reports"
	booksreport "farebook/store/report"
)

// reportsHold holds every report of an interval against what it must equal, by both dates, and Stripe's own itemised reports, which the
// stand-in makes of its balance transactions, against the ledger. It returns the first difference.
func reportsHold(s *testkit.Stack, from time.Time) error {
	read := booksreport.New(s.DB.Store)
	to := s.DB.Store.Now().Add(time.Hour)
	month := ledger.PeriodAt(from, time.UTC)
	for _, i := range []finance.Interval{
		{From: from, To: to, Basis: finance.ByEffective, Zone: time.UTC},
		{From: from, To: to, Basis: finance.ByPosted, Zone: time.UTC},
		{From: month.Start(time.UTC), To: month.End(time.UTC), Basis: finance.ByPeriod, Zone: time.UTC},
	} {
		for _, one := range reports.All {
			for _, write := range []reports.Write{one.Write, one.Itemised} {
				if write == nil {
					continue
				}
				checks, err := write(read, s.T.Context(), i, noSink{})
				if err := held(checks, err); err != nil {
					return fmt.Errorf("%s by %s date: %w", one.Name, i.Basis, err)
				}
			}
		}
	}
	return comparisonsHold(s, read)
}

func held(checks finance.Checks, err error) error {
	if err != nil {
		return err
	}
	for _, check := range checks {
		if !check.Held {
			return fmt.Errorf("%s: %s", check.Text, check.Detail)
		}
	}
	return nil
}

// comparisonsHold compares Stripe's itemised reports of all time.
func comparisonsHold(s *testkit.Stack, read *booksreport.Reports) error {
	from, to := time.Unix(0, 0).UTC(), s.DB.Store.Now().Add(30*24*time.Hour)
	for _, kind := range []string{"balance_change_from_activity.itemized.3", "payouts.itemized.3", "payout_reconciliation.itemized.5"} {
		text, err := s.Stripe.Report(kind, from, to)
		if err != nil {
			return err
		}
		file, err := finance.NewStripeFile(bytes.NewReader(text))
		if err != nil {
			return err
		}
		comparing := booksreport.Comparing{File: file, Payouts: strings.HasPrefix(kind, "payout_")}
		if strings.HasPrefix(kind, "balance_") { // of all time: nothing else may be in the ledger
			comparing.Interval = &finance.Interval{To: to, Basis: finance.ByEffective, Zone: time.UTC}
		}
		if err := held(read.Compare(s.T.Context(), comparing, noSink{})); err != nil {
			return fmt.Errorf("%s: %w\n%s", kind, err, text)
		}
	}
	return nil
}

// written writes Stripe's report of all time to a file, after a change.
func stripesFile(s *testkit.Stack, kind string, change func(string) string) string {
	s.T.Helper()
	text, err := s.Stripe.Report(kind, time.Unix(0, 0), time.Now().Add(30*24*time.Hour))
	require.NoError(s.T, err)
	name := filepath.Join(s.T.TempDir(), "stripe.csv")
	require.NoError(s.T, os.WriteFile(name, []byte(change(string(text))), 0o600))
	return name
}

// Whatever moves Stripe's balance, Stripe's own itemised reports are the ledger's, and each report equals what it must: payments that
// settle in other currencies, captured in part and late, refunds that fail, disputes, bills, payouts that come back, manual ones.
func TestReportsAreStripes(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	begun := time.Now().Add(-time.Minute)
	s.Stripe.SettleIn("usd", ratesToday)
	refunded, failed := s.BookAndPay("refunded", in("EUR")), s.BookAndPay("failed", in("JPY"))
	lost := s.BookAndPay("lost", in("KWD"))
	s.BookAndPay("kept", nil)
	captureInPart(s, "EUR")
	s.AwaitQuiet()
	s.Stripe.SettleIn("usd", ratesTomorrow)
	awaitRefund(s, ask(s, refunded.Reference, "all", `{}`).ID, "succeeded")
	back := ask(s, failed.Reference, "some", `{"amount":{"value":20000,"currency":"JPY"}}`)
	awaitRefund(s, back.ID, "succeeded")
	require.NoError(t, s.Stripe.FailRefund(s.Stripe.Refunds()[len(s.Stripe.Refunds())-1].ID, ""))
	awaitRefund(s, back.ID, "failed")
	dispute, err := s.Stripe.Dispute(lost.Payment.PaymentIntentID, 0, "fraudulent")
	require.NoError(t, err)
	s.AwaitStatus(lost.Reference, "disputed")
	require.NoError(t, s.Stripe.MoveDispute(dispute, "lost"))
	s.AwaitRunEnd("Dispute:" + dispute)
	s.AwaitQuiet()
	require.NoError(t, reportsHold(s, begun))

	// A payment whose balance transaction comes late is in the clearing account, and in transit to Stripe's balance.
	s.Stripe.DelayBalanceTransactions(true)
	late := s.BookAndPay("late", in("EUR"))
	s.Eventually(func() bool {
		return s.DB.Count(t, "SELECT COUNT(*) FROM financial_ledger WHERE type = 'payment' AND stripe_balance_transaction_id = ''") == 1
	}, "the late payment was not posted; logs:\n%s", s.Logs)
	require.NoError(t, reportsHold(s, begun))
	said, err := s.StarterCommand("ledger", "report", "balance-summary").CombinedOutput()
	require.NoError(t, err, "%s", said)
	require.Contains(t, string(said), late.Reference+": posted before Stripe had a balance transaction of "+late.Payment.PaymentIntentID)
	s.Stripe.ReleaseBalanceTransactions()
	s.AwaitQuiet()
	require.NoError(t, reportsHold(s, begun))

	s.Stripe.Bill(250, "usd", "Radar")
	s.Stripe.SettleFunds()
	id, err := s.Stripe.PayOut("usd")
	require.NoError(t, err)
	require.NoError(t, s.Stripe.Rewrite(id, map[string]any{"trace_id": map[string]any{"status": "supported", "value": "20261130T1"}}))
	awaitPayout(s, id, "pending", "proven")
	s.AwaitQuiet()
	require.NoError(t, reportsHold(s, begun))
	require.NoError(t, s.Stripe.MovePayout(id, "paid"))
	require.NoError(t, s.Stripe.MovePayout(id, "failed"))
	awaitPayout(s, id, "failed", "proven")
	var manual struct{ ID string }
	require.Equal(t, http.StatusOK, s.PostToStripe("/v1/payouts", url.Values{"amount": {"1000"}, "currency": {"usd"}}, &manual))
	awaitPayout(s, manual.ID, "pending", "manual")
	s.AwaitQuiet()
	require.NoError(t, reportsHold(s, begun))
	requireReportsSay(s, id)
	requireComparisonsFind(s)
}

func requireReportsSay(s *testkit.Stack, payout string) {
	s.T.Helper()
	for _, c := range []struct{ args, says []string }{
		{[]string{"balance-summary", "--format", "csv"}, []string{"starting_balance,Stripe's balance before the first transaction,0.00,USD"}},
		{
			[]string{"balance-change", "--format", "csv"},
			[]string{"charge,USD,6,", "refund_failure,USD,1,", "fee,USD,1,-2.50,0.00,-2.50", "total,USD,"},
		},
		{[]string{"balance-change", "--itemised", "--format", "csv"}, []string{",EUR," + payout + ",", ",20261130T1,FB-"}},
		{[]string{"payout-reconciliation"}, []string{"partial_capture_reversal"}},
		{[]string{"payout-reconciliation", "--itemised", "--format", "json"}, []string{`"automatic_payout_id":"` + payout + `"`}},
		{[]string{"ending-balance", "--format", "csv"}, []string{"payout,USD,1,-10.00,0.00,-10.00", "payout_reversal,USD,1,"}},
	} {
		said, err := s.StarterCommand(append([]string{"ledger", "report"}, c.args...)...).CombinedOutput()
		require.NoError(s.T, err, "%v: %s", c.args, said)
		for _, text := range append(c.says, "holds  ") {
			require.Contains(s.T, string(said), text, "%v", c.args)
		}
	}
}

func requireComparisonsFind(s *testkit.Stack) {
	s.T.Helper()
	const kind = "balance_change_from_activity.itemized.3"
	same := func(text string) string { return text }
	lines := func(change func(lines []string) []string) func(string) string {
		return func(text string) string { return strings.Join(change(strings.Split(text, "\n")), "\n") }
	}
	for name, c := range map[string]struct {
		change func(string) string
		exit   string
		says   string
	}{
		"as Stripe wrote it": {same, "", "holds  the ledger has each of the file's 12 balance transactions"},
		"without a line":     {lines(func(l []string) []string { return slices.Delete(l, 2, 3) }), "exit status 1", "extra"},
		"a line twice":       {lines(func(l []string) []string { return slices.Insert(l, 2, l[2]) }), "exit status 1", "repeated"},
		"an amount": {
			func(text string) string { return strings.Replace(text, "-2.50,0.00,-2.50", "-2.51,0.00,-2.51", 1) }, "exit status 1", "gross",
		},
		"another id": {
			func(text string) string { return strings.Replace(text, "\ntxn_", "\ntxn_other_", 1) }, "exit status 1", "missing",
		},
		"without a needed column": {
			func(text string) string { return strings.Replace(text, "reporting_category", "category", 1) }, "exit status 2",
			"no column is named reporting_category",
		},
		"no amount": {
			func(text string) string { return strings.Replace(text, "-2.50,0.00", "-2.505,0.00", 1) }, "exit status 2",
			`gross is not an amount: it must be a number such as -459.00, with 2 decimals at most`,
		},
	} {
		said, err := s.StarterCommand("ledger", "compare", "--stripe-csv", stripesFile(s, kind, c.change)).CombinedOutput()
		if c.exit == "" {
			require.NoError(s.T, err, "%s: %s", name, said)
		} else {
			require.ErrorContains(s.T, err, c.exit, "%s: %s", name, said)
		}
		require.Contains(s.T, string(said), c.says, name)
	}
}
