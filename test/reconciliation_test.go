package test

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testkit"
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

// everythingElse is a digest of every table but reconciliation's own, without the times of the last reading.
func everythingElse(s *testkit.Stack) string {
	s.T.Helper()
	var digest strings.Builder
	for _, table := range []string{
		"bookings", "payments", "refunds", "disputes", "payouts", "financial_ledger", "ledger_entries", "stripe_events", "emails",
	} {
		digest.WriteString(table + " " + s.DB.Digest(s.T, table) + "\n")
	}
	return digest.String()
}

// longHold outlasts the hours by which the clock is moved while a booking is held.
func longHold(body map[string]any) { body["holdMinutes"] = 1440 }

// plant makes one difference of each class, beside clean ones, and says what a run should find. The stack has rareSweeps.
func plant(s *testkit.Stack) map[string]int {
	s.T.Helper()
	t := s.T
	var clean []testkit.Booked
	for i := range 6 {
		clean = append(clean, s.BookAndPay(fmt.Sprintf("clean-%d", i), longHold))
	}
	awaitRefund(s, ask(s, clean[0].Reference, "clean-refund", usd(100)).ID, "succeeded")
	failing := ask(s, clean[1].Reference, "failing-refund", usd(200))
	awaitRefund(s, failing.ID, "succeeded")
	unheard := s.Book("unheard", testkit.BookingBody(longHold))
	s.AwaitQuiet()
	s.AwaitRest("Refund:"+failing.ID, s.WorkflowID(unheard.Reference))
	for _, booked := range clean {
		s.AwaitRest(s.WorkflowID(booked.Reference))
	}

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
		return s.DB.Count(t, "SELECT l.id FROM financial_ledger l JOIN bookings b ON b.id = l.booking_id WHERE l.type = 'payment' AND "+
			"b.reference = ?", reference)
	}
	amount, fee, currency := ledgerOf(clean[5].Reference), ledgerOf(clean[4].Reference), ledgerOf(clean[2].Reference)
	s.DB.Exec(t, "UPDATE ledger_entries SET amount = amount + 7 WHERE ledger_id = ? AND account <> 'expense:stripe_fees' AND amount > 40000",
		amount)
	s.DB.Exec(t, "UPDATE ledger_entries SET amount = amount + 9 WHERE ledger_id = ? AND amount < 40000", fee)
	s.DB.Exec(t, "UPDATE ledger_entries SET currency = 'EUR' WHERE ledger_id = ?", currency)
	s.DB.Exec(t, `INSERT INTO financial_ledger (booking_id, type, stripe_payment_intent_id, stripe_object_id, stripe_balance_transaction_id,
		description, posted_at, effective_at, effective_basis, period)
		SELECT booking_id, 'stripe_fee', stripe_payment_intent_id, 'txn_invented', 'txn_invented', 'Invented', UTC_TIMESTAMP(6),
			UTC_TIMESTAMP(6), 'balance_transaction', `+thisMonth+` FROM financial_ledger WHERE id = ?`, amount)
	s.DB.Exec(t, `INSERT INTO ledger_entries (ledger_id, account, side, amount, currency) SELECT MAX(id), 'expense:stripe_fees', 'debit', 11, 'USD' FROM financial_ledger`)
	s.DB.Exec(t, `INSERT INTO ledger_entries (ledger_id, account, side, amount, currency) SELECT MAX(id), 'asset:stripe_clearing', 'credit', 11, 'USD' FROM financial_ledger`)
	return map[string]int{
		"missing_in_ledger": 4, "state_mismatch": 2, "orphan_payment": 1, "duplicate": 1,
		"amount_mismatch": 1, "fee_mismatch": 1, "currency_mismatch": 1, "missing_in_stripe": 1,
	}
}

// Every class of difference is planted: all are found and none is invented. The dry run changes nothing, here or at Stripe;
// its plan is carried out as it is; what may be healed is healed, and a run after that finds only what waits for an operator.
func TestReconciliationFindsPlansAndHeals(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{Sweep: rareSweeps})
	planted := plant(s)
	before, posts := everythingElse(s), s.StripePosts()
	dry := reconcile(s, `{"dryRun":true}`)
	require.True(t, dry.DryRun)
	require.Equal(t, planted, dry.classes(), "%+v", dry.Details)
	require.Equal(t, before, everythingElse(s), "a dry run writes its report and nothing else")
	require.Equal(t, posts, s.StripePosts(), "and asks Stripe for nothing but answers")
	again := reconcile(s, `{"dryRun":true}`)
	require.Equal(t, dry.PlanDigest, again.PlanDigest, "the same differences, the same plan")
	s.Eventually(func() bool { return s.DB.Count(t, "SELECT COUNT(*) FROM reconciliation_seen") == 0 }, "the scratch stays")

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
	require.GreaterOrEqual(t, s.FinanceMailCount("reconciliation"), 1)
	s.SaveRun("Reconciliation:"+dry.CorrelationID, "reconciliation_dry_run")
	s.SaveRun("Reconciliation:"+applied.CorrelationID, "reconciliation_applied_in_pieces")

	// An operator decides about the rest; a run that finds the same knows of it, and finance has no mail about it.
	for _, item := range after.Details {
		require.Equal(t, "person", item.Proposed)
		out, err := starterWith(s, "reconcile", "resolve", fmt.Sprint(item.ID), "--note", "known: "+item.Class)
		require.NoError(t, err, out)
	}
	mails := s.FinanceMailCount("reconciliation")
	known := reconcile(s, `{}`)
	require.Equal(t, person, known.classes(), "%+v", known.Details)
	for _, item := range known.Details {
		require.Equal(t, "resolved", item.State)
		require.Equal(t, "known: "+item.Class, item.Note)
	}
	s.AwaitQuiet()
	require.Equal(t, mails, s.FinanceMailCount("reconciliation"))
	requireNotesAgree(s)
	requireNotesAreNoEnd(s, known)
}

// requireNotesAgree: what reconciliation takes as noted is no broken promise to verify either.
func requireNotesAgree(s *testkit.Stack) {
	out, err := starterWith(s, "verify")
	said := strings.Join(strings.Fields(out), " ")
	require.Contains(s.T, said, "5 yes the clearing account equals Stripe's balance, per currency -> €445.39 more here than at Stripe, "+
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
