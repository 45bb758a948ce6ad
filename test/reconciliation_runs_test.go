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
	"farebook/reconciliation"
	"farebook/starter/dispatch"
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

// What was told to be going can be read at once, also while no worker is there to take it.
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

// Healing writes history: a run with much of it goes on in a new one, heals each difference once, and ends as one run.
func TestReconciliationGoesOnInANewHistory(t *testing.T) {
	t.Parallel()
	const lost = 50
	s := testkit.New(t, testkit.Options{})
	fillLedger(t, s.DB, lost, "pi_fill_", "txn_fill_")
	s.Stripe.Fill(lost, time.Now().Add(-2*time.Hour), time.Now().Add(-time.Hour))
	for n := range lost {
		unpost(t, s.DB, n+1)
	}
	id := startRun(s, `{"scope":"ledger"}`)
	run := awaitReconciliation(s, id)
	require.Equal(t, lost, run.Fixed, "%+v\n%s", run.Details, s.Logs)
	history := s.RunHistory(workflows.ReconciliationWorkflowID(id), "")
	require.NotEmpty(t, history.GetEvents()[0].GetWorkflowExecutionStartedEventAttributes().GetContinuedExecutionRunId())
	require.Less(t, testkit.CostOf(history).Events, 400)
	require.NoError(t, s.BooksPromises())
	require.Empty(t, reconcile(s, `{"scope":"ledger"}`).Details)
	s.SaveRun(workflows.ReconciliationWorkflowID(id), "reconciliation_continued")
}

// Items that nobody is asked about write history, too: a run with thousands of them continues in a new one, and ends as one run.
func TestReconciliationOfUnhealableItemsContinues(t *testing.T) {
	t.Parallel()
	const foreign = 4200
	s := testkit.New(t, testkit.Options{})
	s.Stripe.Fill(foreign, time.Now().Add(-48*time.Hour), time.Now().Add(-24*time.Hour))
	id := startRun(s, `{"scope":"ledger"}`)
	awaitReconciliation(s, id)
	require.Equal(t, foreign, s.DB.Count(t, "SELECT COUNT(*) FROM reconciliation_items WHERE class = 'orphan_payment' AND state = 'found'"))
	history := s.RunHistory(workflows.ReconciliationWorkflowID(id), "")
	require.NotEmpty(t, history.GetEvents()[0].GetWorkflowExecutionStartedEventAttributes().GetContinuedExecutionRunId())
	s.SaveRun(workflows.ReconciliationWorkflowID(id), "reconciliation_unhealable")
}

// A scan that fails ends the run: it says why, to whoever follows and to finance, once, and no other scan writes on.
func TestReconciliationFails(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	s.BookAndPay("beside", nil)
	s.AwaitQuiet()
	s.Stripe.Faults().Add(fakestripe.Fault{Method: http.MethodGet, Path: "/v1/balance_transactions", Kind: fakestripe.FaultInvalidRequest, Skip: 3})
	out, err := starterWith(s, "reconcile")
	require.ErrorContains(t, err, "has failed: ")
	require.Contains(t, out, "it failed: ")
	id := s.DB.Text(t, "SELECT correlation_id FROM reconciliation_runs WHERE status = 'failed'")
	out, err = starterWith(s, "reconcile", "follow", id)
	require.ErrorContains(t, err, "has failed: ", out)
	require.Zero(t, s.DB.Count(t, "SELECT COUNT(*) FROM reconciliation_seen"))
	s.AwaitQuiet()
	require.Equal(t, 1, s.FinanceMailCount("reconciliation"))
	_, err = starterWith(s, "reconcile", "--apply", id)
	require.ErrorContains(t, err, "was no dry run")
}

// A plan is about what it says: a state that has changed again since is another difference, and is left to the next run. What
// is looked at before it is healed counts among the run's calls.
func TestPlanThatChangedSinceIsSkipped(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.BookAndPay("disputed", nil)
	s.AwaitQuiet()
	id, err := s.Stripe.Dispute(booked.Payment.PaymentIntentID, 0, "fraudulent")
	require.NoError(t, err)
	s.AwaitStatus(booked.Reference, "disputed")
	s.AwaitQuiet()
	s.DropWebhooks()
	require.NoError(t, s.Stripe.MoveDispute(id, "under_review"))
	dry := reconcile(s, `{"dryRun":true}`)
	require.Equal(t, map[string]int{"state_mismatch": 1}, dry.classes(), "%+v", dry.Details)
	require.NoError(t, s.Stripe.MoveDispute(id, "lost"))

	applied := applyPlan(s, dry.CorrelationID)
	require.Len(t, applied.Details, 1)
	require.Equal(t, "skipped", applied.Details[0].State)
	require.Contains(t, applied.Details[0].Note, "changed since: by now the dispute is needs_response here and lost at Stripe")
	require.Equal(t, 1, s.DB.Count(t, "SELECT COUNT(*) FROM reconciliation_runs WHERE correlation_id = ? AND next_call_us > 0", applied.CorrelationID))
	require.Equal(t, 1, reconcile(s, `{}`).Fixed)
	again := applyPlan(s, dry.CorrelationID)
	require.Equal(t, "changed since: the two sides agree by now", again.Details[0].Note)
	s.RequirePromises()
}

// What an operator writes stays text: in a spreadsheet, and on a terminal. What is settled says so.
func TestNotesStayText(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	s.Stripe.Adjust(-250, "usd", "A mistake")
	found := reconcile(s, `{}`)
	require.Len(t, found.Details, 1)
	item := fmt.Sprint(found.Details[0].ID)
	out, err := starterWith(s, "reconcile", "resolve", item, "--note", "=HYPERLINK(\"http://x\"),\x1b[31m\nyes")
	require.NoError(t, err, out)
	require.Contains(t, out, "item "+item+" is resolved")
	out, err = starterWith(s, "reconcile", "show", found.CorrelationID, "--format", "csv")
	require.NoError(t, err)
	require.Contains(t, out, `"'=HYPERLINK(""http://x"")`)
	out, err = starterWith(s, "reconcile", "show", found.CorrelationID)
	require.NoError(t, err)
	require.NotContains(t, out, "\x1b")
	require.Contains(t, out, `\x1b[31m\nyes)`)
	for says, args := range map[string][]string{
		"item " + item + " is resolved already": {item, "--note", "again"}, "there is no item 999": {"999", "--note", "n"},
		"--account": {item, "--note", "n", "--post", "--account", "asset:nowhere"}, "UTF-8": {item, "--note", "\xff"},
	} {
		_, err := starterWith(s, append([]string{"reconcile", "resolve"}, args...)...)
		require.ErrorContains(t, err, says)
	}
}

// A plan that is not named is no reason to heal whatever is found, and a plan is carried out as it was made.
func TestApplyNamesItsPlan(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{NoWorker: true})
	for says, args := range map[string][]string{
		"--apply is empty": {"--apply", ""}, "--scope does not go with --apply": {"--apply", "recon_1", "--scope", "ledger"},
		"--dry-run does not go": {"--apply", "recon_1", "--dry-run"}, "there is no run": {"--apply", "recon_1"},
	} {
		_, err := starterWith(s, append([]string{"reconcile"}, args...)...)
		require.ErrorContains(t, err, says)
	}
	require.Zero(t, s.DB.Count(t, "SELECT COUNT(*) FROM reconciliation_runs"))
}

// A plan that somebody has changed in the database is not carried out.
func TestPlanThatSomebodyChangedIsRefused(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	lost := s.Book("lost", testkit.BookingBody(nil))
	s.AwaitQuiet()
	s.DropWebhooks()
	require.Equal(t, http.StatusOK, s.Pay(lost.Payment.PaymentIntentID, "pm_card_visa"))
	dry := reconcile(s, `{"dryRun":true}`)
	s.DB.Exec(t, "UPDATE reconciliation_items SET amount_at_stripe = amount_at_stripe + 1, class = 'amount_mismatch' WHERE class = 'missing_in_ledger'")
	_, err := starterWith(s, "reconcile", "--apply", dry.CorrelationID)
	require.ErrorContains(t, err, "is not what its digest says: reconcile again")
	require.Equal(t, "pending_payment", s.Status(lost.Reference))
	s.RequireLedger(lost.Reference)
}

// Two carry out one plan at once: each difference is healed once, and both runs say how it stands.
func TestPlanIsAppliedTwiceAtOnce(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	var lost []testkit.Booked
	for i := range 5 {
		lost = append(lost, s.Book(fmt.Sprintf("lost-%d", i), testkit.BookingBody(nil)))
	}
	s.AwaitQuiet()
	s.DropWebhooks()
	for _, booked := range lost {
		require.Equal(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"))
	}
	dry := reconcile(s, `{"dryRun":true}`)
	require.Len(t, dry.Details, 2*len(lost), "%+v", dry.Details)
	client := dispatch.NewClient(s.Temporal, s.Config.TaskQueue)
	ids := []string{dispatch.NewRunID(), dispatch.NewRunID()}
	for _, id := range ids {
		require.NoError(t, client.StartReconciliation(t.Context(), id, reconciliation.Options{LookbackDays: 7, Scope: reconciliation.ScopeAll}, dry.CorrelationID))
	}
	for _, id := range ids {
		run := awaitReconciliation(s, id)
		require.Zero(t, run.Failed, "%+v\n%s", run.Details, s.Logs)
		require.Equal(t, len(lost), run.Fixed+run.Skipped)
	}
	for _, booked := range lost {
		s.RequireLedger(booked.Reference, "payment")
		require.Equal(t, 1, s.DB.Count(t, "SELECT COUNT(*) FROM emails WHERE kind = 'booking_confirmed' AND dedupe_key LIKE ?", booked.Reference+"%"))
	}
	s.RequirePromises()
}

// Stripe says that it is asked too often: a scan waits and goes on where it was.
func TestReconciliationIsAskedToWait(t *testing.T) {
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

// What may not be healed by itself waits for an operator, and an operator's plan is carried out.
func TestPersonAppliesWhatMayNotHealByItself(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{Heal: "none"})
	lost := s.Book("lost", testkit.BookingBody(nil))
	s.AwaitQuiet()
	s.DropWebhooks()
	require.Equal(t, http.StatusOK, s.Pay(lost.Payment.PaymentIntentID, "pm_card_visa"))
	found := reconcile(s, `{}`)
	require.Len(t, found.Details, 2)
	require.Zero(t, found.Fixed)
	require.Equal(t, "pending_payment", s.Status(lost.Reference))
	dry := reconcile(s, `{"dryRun":true}`)
	require.Equal(t, 1, applyPlan(s, dry.CorrelationID).Fixed)
	s.AwaitStatus(lost.Reference, "confirmed")
	require.Empty(t, reconcile(s, `{}`).Details)
}

// A run that somebody terminates could not write its end: it is found, and does not stand there as running for ever.
func TestTerminatedReconciliationHasFailed(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	s.Stripe.Faults().Add(fakestripe.Fault{Method: http.MethodGet, Path: "/v1/balance_transactions", Kind: fakestripe.FaultHang})
	id := startRun(s, `{}`)
	s.Eventually(func() bool { return s.Stripe.Faults().Hanging() == 1 }, "nothing hangs")
	require.NoError(t, s.Temporal.TerminateWorkflow(t.Context(), workflows.ReconciliationWorkflowID(id), "", "a test"))
	s.Stripe.Faults().Clear()
	var run runView
	s.Eventually(func() bool {
		s.API.Get("/v1/reconciliations/"+id, &run)
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
	s.Eventually(func() bool { return strings.Contains(said.String(), "tried again after: ") }, "it said %s", said)
	require.NoError(t, command.Process.Signal(os.Interrupt))
	require.Error(t, command.Wait())
	require.Contains(t, said.String(), "list balance transactions")
}

// What Stripe refuses to tell of one item is that item's failure, and not the run's.
func TestReconciliationGoesOnPastAnItem(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	refunded, lost := s.BookAndPay("refunded", nil), s.Book("lost", testkit.BookingBody(nil))
	s.AwaitQuiet()
	s.DropWebhooks()
	require.Equal(t, http.StatusOK, s.Pay(lost.Payment.PaymentIntentID, "pm_card_visa"))
	s.Stripe.HoldRefunds(true)
	refund, err := s.Stripe.RefundInDashboard(refunded.Payment.PaymentIntentID, 700)
	require.NoError(t, err)
	s.Stripe.Faults().Add(fakestripe.Fault{Method: http.MethodGet, Path: "/v1/refunds/" + refund, Kind: fakestripe.FaultInvalidRequest})
	run := reconcile(s, `{}`)
	require.Equal(t, 1, run.Failed, "%+v", run.Details)
	for _, item := range run.Details {
		want := map[bool]string{true: "failed", false: "fixed"}[item.Object == "refund"]
		require.Equal(t, want, item.State, "%+v", item)
	}
	s.AwaitStatus(lost.Reference, "confirmed")
	require.Equal(t, 1, reconcile(s, `{}`).Fixed, "and the next one heals it")
	require.NoError(t, s.Stripe.SettleRefund(refund))
}

// With another account's key, Stripe has nothing of what the ledger has: that is no reason to take it out of the books.
func TestCorrectionWithAnotherAccountsKey(t *testing.T) {
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

// Two answers of a slow Stripe take longer together than a heartbeat may: a page that is read twice is no reason to begin anew.
func TestReconciliationOfASlowStripe(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{AnswerTime: 16 * time.Second})
	adjustment := s.Stripe.Adjust(-250, "usd", "A mistake")
	require.Equal(t, planted{"missing_in_ledger " + adjustment: 1}, reconcile(s, `{"scope":"ledger"}`).found())
}
