package test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/fakestripe"
	"farebook/internal/dev/testkit"
	"farebook/workflows"
)

// A run with many healings continues in a new history, heals each difference once, and ends as one run.
func TestReconciliationContinuesInANewHistory(t *testing.T) {
	t.Parallel()
	const lost = 50
	s := testkit.New(t, testkit.Options{})
	fillLedger(t, s.DB, lost, "pi_fill_", "txn_fill_")
	s.Stripe.Fill(lost, filledAfter(s.DB), time.Now().Add(-2*time.Hour), time.Now().Add(-time.Hour))
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
	s.Stripe.Fill(foreign, filledAfter(s.DB), time.Now().Add(-48*time.Hour), time.Now().Add(-24*time.Hour))
	id := startRun(s, `{"scope":"ledger"}`)
	awaitReconciliation(s, id)
	require.Equal(t, foreign, s.DB.Count(t, "SELECT COUNT(*) FROM reconciliation_items WHERE class = 'orphan_payment' AND state = 'found'"))
	history := s.RunHistory(workflows.ReconciliationWorkflowID(id), "")
	require.NotEmpty(t, history.GetEvents()[0].GetWorkflowExecutionStartedEventAttributes().GetContinuedExecutionRunId())
	s.SaveRun(workflows.ReconciliationWorkflowID(id), "reconciliation_unhealable")
}

// An item that Stripe refuses to show fails; the run continues.
func TestItemThatStripeRefusesFailsAlone(t *testing.T) {
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
