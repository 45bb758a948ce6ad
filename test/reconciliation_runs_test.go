package test

import (
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/fakestripe"
	"farebook/internal/dev/testkit"
	"farebook/workflows"
)

// startRun asks the API for a run and leaves it going.
func startRun(s *testkit.Stack, body string) string {
	s.T.Helper()
	answer := s.Post("/v1/reconciliations", "", []byte(body))
	require.Equal(s.T, http.StatusAccepted, answer.Status, "%s", answer.Body)
	var started struct{ CorrelationID string }
	answer.Into(s.T, &started)
	return started.CorrelationID
}

// A reconciliation that was answered with 202 can be read at once, also while no worker takes it.
func TestReconciliationIsReadAtOnce(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{NoWorker: true})
	id := startRun(s, `{"scope":"payments","lookbackDays":3}`)
	var run runView
	s.API.Get("/v1/reconciliations/"+id, &run)
	require.Equal(t, "running", run.Status)
	out, err := starterWith(s, "reconcile", "--wait=false")
	require.NoError(t, err)
	id, _, _ = strings.Cut(strings.TrimPrefix(out, "Started "), ".")
	out, err = starterWith(s, "reconcile", "show", id)
	require.NoError(t, err)
	require.Contains(t, out, id+" is running")

	s.StartWorker()
	require.Equal(t, "completed", awaitReconciliation(s, id).Status)
	require.Equal(t, 2, s.DB.Count(t, "SELECT COUNT(*) FROM reconciliation_runs"))
}

// A failed scan ends the run. The reason is given to the caller and to finance, once, and no other scan continues.
func TestFailedScanEndsTheRunWithItsReason(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	s.BookAndPay("beside", nil)
	s.AwaitQuiet()
	s.Stripe.Faults().Add(fakestripe.Fault{
		Method: http.MethodGet, Path: "/v1/balance_transactions", Kind: fakestripe.FaultInvalidRequest,
		Skip: 3,
	})
	out, err := starterWith(s, "reconcile")
	require.ErrorContains(t, err, " failed: ")
	require.Contains(t, out, "error: ")
	id := s.DB.Text(t, "SELECT correlation_id FROM reconciliation_runs WHERE status = 'failed'")
	out, err = starterWith(s, "reconcile", "follow", id)
	require.ErrorContains(t, err, " failed: ", out)
	require.Zero(t, s.DB.Count(t, "SELECT COUNT(*) FROM reconciliation_seen"))
	s.AwaitQuiet()
	require.Equal(t, 1, s.FinanceMailCount("reconciliation"))
	_, err = starterWith(s, "reconcile", "--apply", id)
	require.ErrorContains(t, err, "was not a dry run")
}

// An operator's note stays text in a spreadsheet and on a terminal.
func TestNotesStayTextInSpreadsheetsAndTerminals(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	s.Stripe.Adjust(-250, "usd", "A mistake")
	found := reconcile(s, `{}`)
	require.Len(t, found.Details, 1)
	item := fmt.Sprint(found.Details[0].ID)
	out, err := starterWith(s, "reconcile", "resolve", item, "--note", "=HYPERLINK(\"http://x\"),\x1b[31m\nyes")
	require.NoError(t, err, out)
	require.Contains(t, out, "Resolved item "+item)
	out, err = starterWith(s, "reconcile", "show", found.CorrelationID, "--format", "csv")
	require.NoError(t, err)
	require.Contains(t, out, `"'=HYPERLINK(""http://x"")`)
	out, err = starterWith(s, "reconcile", "show", found.CorrelationID)
	require.NoError(t, err)
	require.NotContains(t, out, "\x1b")
	require.Contains(t, out, `\x1b[31m\nyes)`)
	for says, args := range map[string][]string{
		"item " + item + " is resolved already": {item, "--note", "again"}, "no item has the number 999": {"999", "--note", "n"},
		"--account": {item, "--note", "n", "--post", "--account", "asset:nowhere"}, "UTF-8": {item, "--note", "\xff"},
	} {
		_, err := starterWith(s, append([]string{"reconcile", "resolve"}, args...)...)
		require.ErrorContains(t, err, says)
	}
}

// Stripe limits the rate: a scan waits and continues where it was.
func TestReconciliationWaitsWhenStripeLimitsItsRate(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	s.BookAndPay("beside", nil)
	s.AwaitQuiet()
	bill := s.Stripe.Bill(250, "usd", "Radar")
	for _, path := range []string{"/v1/balance_transactions", "/v1/refunds", "/v1/disputes", "/v1/payouts"} {
		s.Stripe.Faults().Add(fakestripe.Fault{Method: http.MethodGet, Path: path, Kind: fakestripe.FaultRateLimit, Count: 2})
	}
	run := reconcile(s, `{}`)
	require.Equal(t, planted{"missing_in_ledger " + bill: 1}, run.found())
	require.Equal(t, 2, run.Scanned)
	require.Empty(t, s.Stripe.Faults().Unmet())
}

// A run that somebody terminates could not write its end: it is found, and does not stand there as running for ever.
func TestTerminatedReconciliationHasFailed(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	s.Stripe.Faults().Add(fakestripe.Fault{Method: http.MethodGet, Path: "/v1/balance_transactions", Kind: fakestripe.FaultHang, Count: 1000})
	id := startRun(s, `{}`)
	s.Eventually(func() bool { return s.Stripe.Faults().Hanging() > 0 }, "nothing hangs")
	require.NoError(t, s.Temporal.TerminateWorkflow(t.Context(), workflows.ReconciliationWorkflowID(id), "", "a test"))
	s.Stripe.Faults().Clear()
	var run runView
	s.Eventually(func() bool {
		answer, err := s.API.Do(http.MethodGet, "/v1/reconciliations/"+id, "", nil)
		if err != nil || answer.Status != http.StatusOK {
			return false
		}
		answer.Into(s.T, &run)
		return run.Status == "failed"
	}, "the run is %s; logs:\n%s", run.Status, s.Logs)
	out, err := starterWith(s, "reconcile", "follow", id)
	require.ErrorContains(t, err, "its workflow was ended before", out)
	require.Empty(t, reconcile(s, `{}`).Details)
	require.Zero(t, s.DB.Count(t, "SELECT COUNT(*) FROM reconciliation_seen"))
}

// Who follows a run hears why it does not get on.
func TestReconcileCommandSaysWhatIsInTheWay(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	s.Stripe.Faults().Add(fakestripe.Fault{Method: http.MethodGet, Path: "/v1/balance_transactions", Kind: fakestripe.FaultUnauthorized})
	command := s.StarterCommand("reconcile")
	said := &testkit.Buffer{}
	command.Stdout, command.Stderr = said, said
	require.NoError(t, command.Start())
	s.Eventually(func() bool { return strings.Contains(said.String(), "retrying after: ") }, "it said %s", said)
	require.NoError(t, command.Process.Signal(os.Interrupt))
	require.Error(t, command.Wait())
	require.Contains(t, said.String(), "list balance transactions")
}

// With another account's key, Stripe has nothing of what the ledger has. No correction may take it out of the books.
func TestCorrectionIsRefusedWithAnotherAccountsKey(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	s.BookAndPay("paid", nil)
	s.AwaitQuiet()
	s.DB.Exec(t, "UPDATE ledger_entries SET amount = amount + 7 WHERE account <> 'expense:stripe_fees' AND amount > 40000")
	found := reconcile(s, `{"scope":"ledger","dryRun":true}`) // sends no mail beside
	require.Equal(t, map[string]int{"amount_mismatch": 1}, found.classes())
	other := fakestripe.New(fakestripe.Options{APIKey: testkit.StripeKey, Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, other.Start("127.0.0.1:0"))
	t.Cleanup(func() { _ = other.Close() })

	s.AwaitQuiet()
	before := everythingElse(s)
	command := s.StarterCommand("reconcile", "resolve", fmt.Sprint(found.Details[0].ID), "--note", "n", "--post")
	command.Env = append(command.Env, "STRIPE_API_BASE="+other.URL())
	out, err := command.CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(out), "STRIPE_SECRET_KEY")
	require.Equal(t, before, everythingElse(s))
}

// Two slow answers together take longer than a heartbeat allows. The page is read twice, and the scan does not start anew.
func TestSlowStripeDoesNotRestartAScan(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{AnswerTime: 16 * time.Second})
	adjustment := s.Stripe.Adjust(-250, "usd", "A mistake")
	require.Equal(t, planted{"missing_in_ledger " + adjustment: 1}, reconcile(s, `{"scope":"ledger"}`).found())
}
