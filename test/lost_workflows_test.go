package test

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/workflow"

	"farebook/internal/dev/devstack"
	"farebook/internal/dev/testkit"
	"farebook/worker/service"
	"farebook/workflows"
)

// workflows are those that carry the work on.
func (u *unfinished) workflows() []string {
	ids := []string{
		workflows.ReconciliationWorkflowID(u.run), workflows.SendMailWorkflowID(u.copied), workflows.PayoutWorkflowID(u.payout),
		"CancelTwins:" + u.warned.Reference, workflows.ChargeRefundsWorkflowID(u.found.Payment.PaymentIntentID),
		workflows.AccountFeeWorkflowID(u.bill),
		workflows.UnbookedWorkflowID(u.theirs),
	}
	for _, booked := range []testkit.Booked{u.hold, u.processing, u.runsOut, u.warned, u.unmailed, u.feeless} {
		ids = append(ids, u.WorkflowID(booked.Reference))
	}
	for _, refund := range []string{u.requested.ID, u.pending.ID, u.action.ID, u.dashboard, u.unposted} {
		ids = append(ids, workflows.RefundWorkflowID(refund))
	}
	for _, dispute := range []string{u.open, u.inquiry, u.won} {
		ids = append(ids, workflows.DisputeWorkflowID(dispute))
	}
	return ids
}

// requireEveryKind fails for a workflow that the worker runs and that no waiting work has: its loss would not be tested.
func (u *unfinished) requireEveryKind() {
	u.T.Helper()
	var registered workflowNames
	service.Register(&registered, service.Activities{})
	waiting := map[string]bool{
		workflows.TypeSealLedger: true, // no row waits for it: the schedule's next run seals the rest (TestLedgerIsSealedOnASchedule)
		workflows.TypeRetention:  true, // nor for it: the next run empties the rest (TestRetentionSurvivesTheDeathOfItsWorker)
		// The sweeper starts it anew from what was not delivered (TestKilledOnTheWayToAReceiver).
		workflows.TypeDeliverWebhooks: true,
	}
	for _, workflowID := range u.workflows() {
		kind, _, _ := strings.Cut(workflowID, ":")
		waiting[kind] = true
	}
	require.ElementsMatch(u.T, registered, slices.Collect(maps.Keys(waiting)))
}

// workflowNames are those that the worker registers.
type workflowNames []string

func (n *workflowNames) RegisterWorkflowWithOptions(_ any, options workflow.RegisterOptions) {
	*n = append(*n, options.Name)
}

func (n *workflowNames) RegisterActivityWithOptions(any, activity.RegisterOptions) {}

// awaitRun waits until another run of a workflow than one runs.
func (u *unfinished) awaitRun(workflowID, before string) {
	u.T.Helper()
	u.Eventually(func() bool {
		latest, err := u.Temporal.DescribeWorkflowExecution(u.T.Context(), workflowID, "")
		run := latest.GetWorkflowExecutionInfo().GetExecution().GetRunId()
		return err == nil && run != "" && run != before
	}, "nothing carries %s on; logs:\n%s", workflowID, u.Logs)
}

// finish lets the mail server and Stripe answer, and requires that all work ends as it would have with the lost workflows, and
// that nothing is charged, refunded or mailed twice.
func (u *unfinished) finish() {
	t := u.T
	t.Helper()
	u.Stripe.Faults().Clear()
	u.Mailbox.ClearScript()
	for reference, status := range map[string]string{
		u.hold.Reference: "expired", u.runsOut.Reference: "expired", u.processing.Reference: "confirmed",
		u.unmailed.Reference: "partially_refunded",
	} {
		u.AwaitStatus(reference, status)
	}
	for _, id := range []string{u.requested.ID, u.pending.ID, u.action.ID} {
		awaitRefund(u.Stack, id, "succeeded")
	}
	u.Eventually(func() bool { return u.refundStatus(u.dashboard) == "succeeded" }, "the refund from the dashboard stays open; logs:\n%s",
		u.Logs)
	awaitDispute(u.Stack, u.inquiry, "needs_response")
	awaitPayout(u.Stack, u.payout, "pending", "proven")
	u.Eventually(func() bool {
		return u.DB.Count(t, "SELECT COUNT(*) FROM disputes WHERE status = 'won' AND withheld = loss") == 1
	},
		"the money of the dispute that was won is not back; logs:\n%s", u.Logs)
	u.Eventually(func() bool { return u.FinanceMailCount("dispute_due") == 2 }, "finance was not reminded of evidence; logs:\n%s", u.Logs)
	u.Eventually(func() bool { return u.MailCount(u.warned.Reference, "capture_due") == 1 }, "finance was not warned; logs:\n%s", u.Logs)
	u.Eventually(func() bool {
		return u.DB.Count(t, "SELECT COUNT(*) FROM payment_twins WHERE checked_at IS NOT NULL") == 1
	}, "no twin was looked for")
	u.Eventually(func() bool {
		return u.DB.Text(t, "SELECT status FROM reconciliation_runs WHERE correlation_id = ?", u.run) == "failed"
	}, "the row of the reconciliation stays open")
	u.Eventually(func() bool { return u.refundStatus(u.unheard) == "succeeded" }, "nobody looked for the charge's refunds; logs:\n%s", u.Logs)
	for owed, query := range map[string]string{
		"the fee of a payment":         "SELECT COUNT(*) FROM payments WHERE status = 'succeeded' AND NOT fee_posted",
		"a refund":                     "SELECT COUNT(*) FROM refunds WHERE status = 'succeeded' AND NOT posted",
		"a bill of Stripe's":           "SELECT 1 - COUNT(*) FROM financial_ledger WHERE type = 'account_fee'",
		"money of another integration": "SELECT 1 - COUNT(*) FROM financial_ledger WHERE type = 'other_integration'",
	} {
		u.Eventually(func() bool { return u.DB.Count(t, query) == 0 }, "%s is not in the ledger; logs:\n%s", owed, u.Logs)
	}

	u.again()
	answer := u.Post("/v1/bookings/"+u.warned.Reference+"/capture", "capture", nil)
	require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
	for _, id := range []string{u.open, u.inquiry} {
		require.NoError(t, u.Stripe.MoveDispute(id, "lost"))
		awaitDispute(u.Stack, id, "lost")
	}
	u.AwaitQuiet()
	u.RequireMails(u.unmailed.Reference, "booking_confirmed", "refunded")
	require.Equal(t, "sent", u.DB.Text(t, "SELECT status FROM emails WHERE id = "+strconv.FormatUint(u.copied, 10)))
	require.Len(t, u.Stripe.Refunds(), 4+2+1,
		"four that were asked for, two by hand, and what Stripe shows of the authorisation that was let go")
	sent := map[string]bool{}
	for _, mail := range u.Mailbox.Messages() {
		require.False(t, sent[mail.MessageID], "mailed twice: %s", mail.Subject)
		sent[mail.MessageID] = true
	}
	require.Equal(t, -29100, balanceOf(u.Stack, "asset:other_integrations", "USD"),
		"posted by the sweeper's workflow: no reconciliation has run since")
	u.RequirePromises()
	require.Empty(t, reconcile(u.Stack, `{}`).Details)
}

// An operator terminates the workflow of everything that waits: each is carried on by another run. Before a deployment, the histories of
// all of them are replayed: while they wait, and when some are closed.
func TestTerminatedWorkflowsAreCarriedOn(t *testing.T) {
	t.Parallel()
	u := newUnfinished(t, testkit.Options{})
	sealByWorkflow(u.Stack)
	retain(u.Stack)
	deliver(u.Stack)
	u.requireReplay(t)
	runs := map[string]string{}
	for _, workflowID := range u.workflows() {
		runs[workflowID] = u.LatestRun(workflowID)
	}
	u.moveOnAtStripe()
	for workflowID, run := range runs {
		require.NoError(t, u.Temporal.TerminateWorkflow(t.Context(), workflowID, run, "a test"), workflowID)
	}
	u.finish()
	u.requireReplay(t)
}

// Temporal loses everything: its database is made anew under the running system, and all work is carried on from the books.
func TestAllOfTemporalIsLost(t *testing.T) {
	t.Parallel()
	server, err := devstack.StartTemporal(t.Context(), t.TempDir(), devstack.ForTests(), devstack.Headless())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Kill()) })
	u := newUnfinished(t, testkit.Options{TemporalAddress: server.Address()})
	u.moveOnAtStripe()
	require.NoError(t, server.Lose(t.Context()))
	_, err = starterWith(u.Stack, "setup")
	require.NoError(t, err)
	u.finish()
}
