package test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/stripestand"
	"farebook/internal/testkit"
	"farebook/workflows"
)

// runView is what the API says of a reconciliation.
type runView struct {
	CorrelationID, Status, PlanDigest string
	DryRun                            bool
	Scanned, Fixed, Failed, Skipped   int
	Details                           []itemView
}

type itemView struct {
	ID                                            uint64
	Class, Object, StripeID, BalanceTransactionID string
	Proposed, State, Reason, Note                 string
}

// classes counts a run's items by class.
func (r runView) classes() map[string]int {
	counts := map[string]int{}
	for _, item := range r.Details {
		counts[item.Class]++
	}
	return counts
}

// reconcile runs one through the API, to its end.
func reconcile(s *testkit.Stack, body string) runView {
	s.T.Helper()
	answer := s.Post("/v1/reconciliations", "", []byte(body))
	require.Equal(s.T, http.StatusAccepted, answer.Status, "%s", answer.Body)
	var started struct{ CorrelationID string }
	answer.Into(s.T, &started)
	return awaitReconciliation(s, started.CorrelationID)
}

func awaitReconciliation(s *testkit.Stack, id string) runView {
	s.T.Helper()
	var run runView
	s.Eventually(func() bool {
		answer, err := s.API.Do(http.MethodGet, "/v1/reconciliations/"+id, "", nil)
		if err != nil || answer.Status != http.StatusOK {
			return false
		}
		run = runView{}
		answer.Into(s.T, &run)
		return run.Status != "running"
	}, "reconciliation %s did not end; logs:\n%s", id, s.Logs)
	require.Equal(s.T, "completed", run.Status, "logs:\n%s", s.Logs)
	return run
}

// everythingElse is a digest of every table but reconciliation's own.
func everythingElse(s *testkit.Stack) string {
	s.T.Helper()
	var digest strings.Builder
	for _, table := range []string{
		"bookings", "payments", "refunds", "disputes", "payouts", "financial_ledger", "ledger_entries", "stripe_events", "emails",
	} {
		digest.WriteString(table + " " + s.DB.Checksum(s.T, table) + "\n")
	}
	return digest.String()
}

// plant makes one difference of each class, beside clean ones, and says what a run should find.
func plant(s *testkit.Stack) map[string]int {
	s.T.Helper()
	t := s.T
	var clean []testkit.Booked
	for i := range 6 {
		clean = append(clean, s.BookAndPay(fmt.Sprintf("clean-%d", i), nil))
	}
	awaitRefund(s, ask(s, clean[0].Reference, "clean-refund", usd(100)).ID, "succeeded")
	failing := ask(s, clean[1].Reference, "failing-refund", usd(200))
	awaitRefund(s, failing.ID, "succeeded")
	unheard := s.Book("unheard", testkit.BookingBody(nil))
	s.AwaitQuiet()

	again := s.DropWebhooks()
	require.Equal(t, http.StatusOK, s.Pay(unheard.Payment.PaymentIntentID, "pm_card_visa")) // missing_in_ledger, and its open payment
	_, err := s.Stripe.RefundInDashboard(clean[2].Payment.PaymentIntentID, 300)             // missing_in_ledger
	require.NoError(t, err)
	_, err = s.Stripe.Dispute(clean[3].Payment.PaymentIntentID, 400, "fraudulent") // missing_in_ledger
	require.NoError(t, err)
	for _, refund := range s.Stripe.Refunds() {
		if refund.Amount == 200 {
			require.NoError(t, s.Stripe.FailRefund(refund.ID, "")) // missing_in_ledger, and the refund's state
		}
	}
	s.ForeignPayment(500)                      // orphan_payment
	s.PaymentBeside(45900, clean[4].Reference) // duplicate
	s.Stripe.Settle()
	again()

	ledgerOf := func(reference string) int {
		return s.DB.Count(t, "SELECT l.id FROM financial_ledger l JOIN bookings b ON b.id = l.booking_id WHERE l.type = 'payment' AND b.reference = ?", reference)
	}
	amount, fee, currency := ledgerOf(clean[5].Reference), ledgerOf(clean[4].Reference), ledgerOf(clean[2].Reference)
	s.DB.Exec(t, "UPDATE ledger_entries SET amount = amount + 7 WHERE ledger_id = ? AND account <> 'expense:stripe_fees' AND amount > 40000", amount)
	s.DB.Exec(t, "UPDATE ledger_entries SET amount = amount + 9 WHERE ledger_id = ? AND amount < 40000", fee)
	s.DB.Exec(t, "UPDATE ledger_entries SET currency = 'EUR' WHERE ledger_id = ?", currency)
	s.DB.Exec(t, `INSERT INTO financial_ledger (booking_id, type, stripe_payment_intent_id, stripe_object_id, stripe_balance_transaction_id, description, posted_at, effective_at, effective_basis)
		SELECT booking_id, 'stripe_fee', stripe_payment_intent_id, 'txn_invented', 'txn_invented', 'Invented', UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), 'balance_transaction' FROM financial_ledger WHERE id = ?`, amount)
	s.DB.Exec(t, `INSERT INTO ledger_entries (ledger_id, account, side, amount, currency) SELECT MAX(id), 'expense:stripe_fees', 'debit', 11, 'USD' FROM financial_ledger`)
	s.DB.Exec(t, `INSERT INTO ledger_entries (ledger_id, account, side, amount, currency) SELECT MAX(id), 'asset:stripe_clearing', 'credit', 11, 'USD' FROM financial_ledger`)
	return map[string]int{
		"missing_in_ledger": 4, "state_mismatch": 2, "orphan_payment": 1, "duplicate": 1,
		"amount_mismatch": 1, "fee_mismatch": 1, "currency_mismatch": 1, "missing_in_stripe": 1,
	}
}

// Every class of difference is planted: all are found and none is invented. The dry run changes nothing, here or at Stripe;
// its plan is carried out as it is; what may be healed is healed, and a run after that finds only what waits for a person.
func TestReconciliationFindsPlansAndHeals(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	planted := plant(s)
	before, posts := everythingElse(s), s.StripePosts()
	dry := reconcile(s, `{"dryRun":true}`)
	require.True(t, dry.DryRun)
	require.Equal(t, planted, dry.classes(), "%+v", dry.Details)
	require.Equal(t, before, everythingElse(s), "a dry run writes its report and nothing else")
	require.Equal(t, posts, s.StripePosts(), "and asks Stripe for nothing but answers")
	again := reconcile(s, `{"dryRun":true}`)
	require.Equal(t, dry.PlanDigest, again.PlanDigest, "the same differences, the same plan")
	require.Zero(t, s.DB.Count(t, "SELECT COUNT(*) FROM reconciliation_seen"), "the scratch is gone")

	applied := applyPlan(s, dry.CorrelationID)
	require.Equal(t, 4, applied.Fixed, "%+v\n%s", applied.Details, s.Logs)
	require.Zero(t, applied.Failed)
	s.AwaitQuiet()
	after := reconcile(s, `{}`)
	person := maps.Clone(planted)
	delete(person, "missing_in_ledger")
	delete(person, "state_mismatch")
	require.Equal(t, person, after.classes(), "%+v", after.Details)
	require.Zero(t, after.Fixed)
	require.GreaterOrEqual(t, financeMails(s, "reconciliation"), 1)
	s.SaveRun("Reconciliation:"+dry.CorrelationID, "reconciliation_dry_run")
	s.SaveRun("Reconciliation:"+applied.CorrelationID, "reconciliation_applied_in_pieces")

	// A person decides about the rest; a run that finds the same knows of it, and finance has no mail about it.
	for _, item := range after.Details {
		require.Equal(t, "person", item.Proposed)
		out, err := starterWith(s, "reconcile", "resolve", fmt.Sprint(item.ID), "--note", "known: "+item.Class)
		require.NoError(t, err, out)
	}
	mails := financeMails(s, "reconciliation")
	known := reconcile(s, `{}`)
	require.Equal(t, person, known.classes(), "%+v", known.Details)
	for _, item := range known.Details {
		require.Equal(t, "resolved", item.State)
		require.Equal(t, "known: "+item.Class, item.Note)
	}
	s.AwaitQuiet()
	require.Equal(t, mails, financeMails(s, "reconciliation"))
	requireNotesAgree(s)
	requireNotesAreNoEnd(s, known)
}

// requireNotesAgree: what reconciliation takes as noted is no broken promise to verify either.
func requireNotesAgree(s *testkit.Stack) {
	out, err := starterWith(s, "verify")
	said := strings.Join(strings.Fields(out), " ")
	require.Contains(s.T, said, "5 yes the clearing account equals Stripe's own balance, per currency -> €445.39 more here than at Stripe, "+
		"as a note on an item of a reconciliation says. $895.46 less here than at Stripe", "%v", err)
}

// requireNotesAreNoEnd: what was noted can be reopened, and is found again; and it can be posted after all.
func requireNotesAreNoEnd(s *testkit.Stack, known runView) {
	t := s.T
	var orphan, amount itemView
	for _, item := range known.Details {
		switch item.Class {
		case "orphan_payment":
			orphan = item
		case "amount_mismatch":
			amount = item
		}
	}
	out, err := starterWith(s, "reconcile", "reopen", fmt.Sprint(orphan.ID), "--note", "not theirs")
	require.NoError(t, err, out)
	for _, item := range reconcile(s, `{}`).Details {
		want := map[bool]string{true: "found", false: "resolved"}[item.Class == "orphan_payment"]
		require.Equal(t, want, item.State, "%+v", item)
	}
	correct(s, amount)
	for _, item := range reconcile(s, `{}`).Details {
		require.NotEqual(t, "amount_mismatch", item.Class, "%+v", item)
	}
}

func applyPlan(s *testkit.Stack, plan string) runView {
	s.T.Helper()
	out, err := starterWith(s, "reconcile", "--apply", plan, "--format", "json")
	var run runView
	require.NoError(s.T, jsonOf(out, &run), "%v: %s", err, out)
	return run
}

// Nothing differs: nothing is found, and the books are left alone.
func TestReconciliationOfCleanBooks(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.BookAndPay("clean", nil)
	s.Stripe.DelayBalanceTransactions(true)
	late := s.BookAndPay("late-fee", nil)
	s.Stripe.ReleaseBalanceTransactions()
	s.AwaitWorkflowEnd(late.Reference)
	part := authorised(s, "part")
	require.Equal(t, http.StatusOK, s.Post("/v1/bookings/"+part.Reference+"/capture", "", []byte(usd(20000))).Status)
	awaitRefund(s, ask(s, booked.Reference, "part-refund", usd(100)).ID, "succeeded")
	_, err := s.Stripe.Dispute(booked.Payment.PaymentIntentID, 0, "fraudulent")
	require.NoError(t, err)
	s.AwaitStatus(booked.Reference, "disputed")
	s.Stripe.SettleFunds()
	_, err = s.Stripe.PayOut("usd")
	require.NoError(t, err)
	s.AwaitQuiet()
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
func TestReconciliationLeavesNewsOfOldPayments(t *testing.T) {
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

// Two at once, while a payment that is compared succeeds: each difference is healed once.
func TestReconciliationsAtOnce(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	var lost []testkit.Booked
	for i := range 4 {
		lost = append(lost, s.Book(fmt.Sprintf("lost-%d", i), testkit.BookingBody(nil)))
	}
	again := s.DropWebhooks()
	for _, booked := range lost[1:] {
		require.Equal(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"))
	}
	again()
	ids := []string{}
	for range 2 {
		var started struct{ CorrelationID string }
		s.Post("/v1/reconciliations", "", nil).Into(t, &started)
		ids = append(ids, started.CorrelationID)
	}
	require.Equal(t, http.StatusOK, s.Pay(lost[0].Payment.PaymentIntentID, "pm_card_visa"))
	for _, id := range ids {
		run := awaitReconciliation(s, id)
		require.Zero(t, run.Failed, "%+v\n%s", run.Details, s.Logs)
	}
	for _, booked := range lost {
		s.AwaitStatus(booked.Reference, "confirmed")
	}
	s.AwaitQuiet()
	require.Empty(t, reconcile(s, `{}`).Details)
	for _, booked := range lost {
		s.RequireLedger(booked.Reference, "payment")
		require.Equal(t, 1, s.MailCount(booked.Reference, "booking_confirmed"))
	}
	s.RequirePromises()
}

// The worker dies in the middle of a window, or of a healing; another goes on, and what was found is found and healed once.
func TestReconciliationSurvivesItsWorker(t *testing.T) {
	t.Parallel()
	for _, failpoint := range []string{"after-reconciliation-page", "before-record-outcome", "after-record-outcome", "after-reconciliation-item"} {
		t.Run(failpoint, func(t *testing.T) {
			t.Parallel()
			s := testkit.New(t, testkit.Options{Processes: true, WorkerFailpoint: failpoint})
			booked := s.Book("lost", testkit.BookingBody(nil))
			again := s.DropWebhooks()
			require.Equal(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"))
			again()
			run := reconcile(s, `{}`)
			require.Equal(t, map[string]int{"missing_in_ledger": 1, "state_mismatch": 1}, run.classes(), "%+v", run.Details)
			require.Equal(t, 1, run.Fixed, "%+v", run.Details)
			s.RequireDeaths("worker", 1)
			s.AwaitStatus(booked.Reference, "confirmed")
			s.AwaitQuiet()
			s.RequireLedger(booked.Reference, "payment")
			s.RequirePromises()
		})
	}
}

// Silence is noticed: when no run has completed for too long, finance hears of it, once.
func TestReconciliationIsOverdue(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{Overdue: 2 * time.Second})
	reconcile(s, `{"scope":"payments"}`)
	reconcile(s, `{}`)
	s.Eventually(func() bool { return financeMails(s, "reconciliation_overdue") == 1 }, "finance did not hear of it")
	s.AwaitQuiet()
	require.Equal(t, 1, s.DB.Count(t, "SELECT COUNT(*) FROM emails WHERE kind = 'reconciliation_overdue'"))
}

// The schedule is made, changed, paused, let go on and triggered; its run is one like any other.
func TestReconciliationSchedule(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	s.BookAndPay("scheduled", nil)
	s.AwaitQuiet()
	t.Cleanup(func() {
		client := workflows.NewClient(s.Temporal, s.Config.TaskQueue)
		require.NoError(t, client.DeleteSchedule(context.WithoutCancel(t.Context())))
	})
	for _, args := range [][]string{
		{"apply", "--cron", "30 2 * * *", "--time-zone", "Asia/Dubai"}, {"apply", "--every", "6h", "--lookback-days", "3"},
		{"pause", "--note", "an audit"}, {"pause", "--off"}, {"trigger"},
	} {
		out, err := starterWith(s, append([]string{"schedule"}, args...)...)
		require.NoError(t, err, "%v: %s", args, out)
	}
	s.Eventually(func() bool {
		return s.DB.Count(t, "SELECT COUNT(*) FROM reconciliation_runs WHERE status = 'completed' AND lookback_days = 3 AND scanned > 0") == 1
	}, "the schedule's run did not complete; logs:\n%s", s.Logs)
	for says, args := range map[string][]string{
		"give one of them": {"apply"}, "IANA": {"apply", "--cron", "0 2 * * *", "--time-zone", "Mars"}, "a minute or more": {"apply", "--every", "1s"},
		"--lookback-days": {"apply", "--every", "1h", "--lookback-days", "0"},
	} {
		_, err := starterWith(s, append([]string{"schedule"}, args...)...)
		require.ErrorContains(t, err, says)
	}
}

func TestBadReconciliationRequests(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{NoWorker: true})
	for body, field := range map[string]string{
		`{"lookbackDays":0}`: "lookbackDays", `{"lookbackDays":401}`: "lookbackDays", `{"limit":-1}`: "limit", `{"limit":1e9}`: "limit",
		`{"scope":"everything"}`: "scope", `{"dryRun":"yes"}`: "dryRun", `{"fix":true}`: "fix",
	} {
		answer := s.Post("/v1/reconciliations", "", []byte(body))
		require.Equal(t, http.StatusUnprocessableEntity, answer.Status, "%s: %s", body, answer.Body)
		require.Contains(t, string(answer.Body), "body."+field)
	}
	answer, err := s.API.Do(http.MethodGet, "/v1/reconciliations/recon_none", "", nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusNotFound, answer.Status)
	require.Zero(t, s.DB.Count(t, "SELECT COUNT(*) FROM reconciliation_runs"))
}

// Ctrl-C leaves the command and not the run: it goes on, may be followed again, and heals what it found.
func TestReconcileCommandIsInterrupted(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.Book("lost", testkit.BookingBody(nil))
	again := s.DropWebhooks()
	require.Equal(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"))
	again()
	s.Stripe.Faults().Add(stripestand.Fault{Method: http.MethodGet, Path: "/v1/balance_transactions", Kind: stripestand.FaultHang})
	command := s.StarterCommand("reconcile")
	said := &testkit.Buffer{}
	command.Stdout, command.Stderr = said, said
	require.NoError(t, command.Start())
	s.Eventually(func() bool { return s.Stripe.Faults().Hanging() == 1 }, "nothing hangs; it said %s", said)
	require.NoError(t, command.Process.Signal(os.Interrupt))
	require.Error(t, command.Wait())
	require.Equal(t, 130, command.ProcessState.ExitCode(), said.String())
	id := s.DB.Text(t, "SELECT correlation_id FROM reconciliation_runs")
	require.Contains(t, said.String(), id+" is still running; follow it with: starter reconcile follow "+id)

	s.Stripe.Faults().Clear()
	out, err := starterWith(s, "reconcile", "follow", id, "--format", "json")
	require.NoError(t, err, out)
	var run runView
	require.NoError(t, jsonOf(out, &run))
	require.Equal(t, "completed", run.Status)
	require.Equal(t, 1, run.Fixed, "%+v", run.Details)
	s.AwaitStatus(booked.Reference, "confirmed")
	_, err = starterWith(s, "reconcile", "follow", "recon_none")
	require.ErrorContains(t, err, "there is no reconciliation")
}

// More open payments than a run may look at: the next one goes on where it was stopped, so that those that stay open for
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
	require.Equal(t, 1, s.DB.Count(t, "SELECT COUNT(*) FROM disputes WHERE stripe_dispute_id = ? AND status = 'warning_needs_response'", inquiry))
	require.Zero(t, reconcile(s, `{}`).Fixed)
}

// What Stripe bills for its own services comes by no event and belongs to no booking: it is found and posted.
func TestStripesOwnBillIsPosted(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	s.BookAndPay("billed", nil)
	s.AwaitQuiet()
	bill, back := s.Stripe.Bill(250, "usd", "Radar"), s.Stripe.Bill(-40, "usd", "Radar, given back")
	found := reconcile(s, `{}`)
	require.Equal(t, planted{"missing_in_ledger " + bill: 1, "missing_in_ledger " + back: 1}, found.found())
	require.Equal(t, 2, found.Fixed)
	require.Equal(t, 1, s.DB.Count(t, `SELECT COUNT(*) FROM financial_ledger l JOIN ledger_entries e ON e.ledger_id = l.id
		WHERE l.type = 'account_fee' AND l.stripe_balance_transaction_id = ? AND e.account = 'expense:stripe_fees' AND e.side = 'debit' AND e.amount = 250`, bill))
	require.Empty(t, reconcile(s, `{}`).Details)
	s.RequirePromises()
	s.SaveRun("AccountFee:"+bill, "account_fee")
}

// What Stripe moves by its own hand, and no category of ours covers: a person says where it stands, and the books are
// Stripe's again.
func TestStripesAdjustmentWaitsForAPerson(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	s.BookAndPay("adjusted", nil)
	s.AwaitQuiet()
	adjustment := s.Stripe.Adjust(-250, "usd", "A mistake of Stripe's")
	found := reconcile(s, `{}`)
	require.Equal(t, planted{"missing_in_ledger " + adjustment: 1}, found.found())
	require.Contains(t, found.Details[0].Reason, "does not post")
	require.Equal(t, "person", found.Details[0].Proposed)
	item := fmt.Sprint(found.Details[0].ID)
	for says, args := range map[string][]string{
		"say one of": {"--post", "--account", "asset:disputed_funds"}, "goes with --post": {"--account", "asset:bank"}, "--note": {"--note", " "},
	} {
		_, err := starterWith(s, append([]string{"reconcile", "resolve", item, "--note", "n"}, args...)...)
		require.ErrorContains(t, err, says)
	}
	out, err := starterWith(s, "reconcile", "resolve", item, "--note", "asked Stripe, November", "--post", "--account", "expense:stripe_fees")
	require.NoError(t, err, out)
	require.Empty(t, reconcile(s, `{}`).Details)
	s.RequirePromises()
}
