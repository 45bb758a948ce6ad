package sweeper_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"farebook/booking"
	"farebook/internal/dev/testkit"
	"farebook/store/recon"
	"farebook/workflows"
)

// Each kind of work that no workflow carries on gets its workflow, and one alone: while that runs there is nothing to start.
func TestEachKindOfOwedWorkIsResumedOnce(t *testing.T) {
	t.Parallel()
	s := newSweeper(t)
	_, confirmation := s.unsentConfirmation("confirmation")
	resumed := map[string]string{
		s.endedHold("hold"): "", s.unaskedRefund("refund"): "", s.unsentCopy("copy"): "", confirmation: "",
		s.payment("processing", "processing", time.Hour):               "",
		s.payment("processing-after-hold", "processing", -time.Hour):   "",
		s.payment("authorised", "requires_capture", -time.Hour):        "",
		s.payment("unknown", "requires_something_new", -time.Hour):     "",
		s.refund("pending", "pending", false):                          "",
		s.refund("action", "requires_action", false):                   "",
		s.refund("dashboard", "pending", true):                         "",
		s.dispute("inquiry", booking.DisputeWarningNeedsResponse):      "",
		s.dispute("inquiry-review", booking.DisputeWarningUnderReview): "",
		s.dispute("open", booking.DisputeNeedsResponse):                "",
		s.dispute("review", booking.DisputeUnderReview):                "",
		s.dispute("won-and-not-back", booking.DisputeWon):              "",
		s.payout("pending", false):                                     "",
		s.unknownFee("fee"):                                            "",
		s.refund("unposted", "succeeded", false):                       "",
		s.postedRefund("not-back", true):                               "",
		s.unpostedBill("bill"):                                         "",
		s.unpostedUnbooked("others"):                                   "",
	}
	s.older()
	for range 3 {
		require.NoError(t, s.Sweep(t.Context()))
		for workflowID, before := range resumed {
			run := s.run(workflowID)
			require.NotEmpty(t, run, workflowID)
			if before != "" {
				require.Equal(t, before, run, workflowID)
			}
			resumed[workflowID] = run
		}
	}
}

// What needs no workflow, or is too young to be without one, is left: a hold that has not ended or has just ended, a refund that was
// just reserved or has succeeded, a dispute that is decided, a payout that an operator has to look at, an email that was just queued.
func TestSettledAndYoungRowsAreLeft(t *testing.T) {
	t.Parallel()
	s := newSweeper(t)
	left := []string{
		s.postedRefund("succeeded", false), s.dispute("lost", booking.DisputeLost), s.payout("unproven", true),
	}
	s.Exec(t, "UPDATE emails SET status = 'sent'")
	s.older()
	paid, young := s.unsentConfirmation("paid")
	left = append(left, paid, young,
		workflows.BookingPaymentWorkflowID(s.Held("holds", time.Hour).Reference),
		workflows.BookingPaymentWorkflowID(s.Held("just-ended", -time.Second).Reference),
		workflows.RefundWorkflowID(string(s.Refund(s.Paid("fresh"), "fresh", 1000).ID)))
	require.NoError(t, s.Sweep(t.Context()))
	for _, workflowID := range left {
		require.False(t, s.Started(workflowID), workflowID)
	}
}

// The workflow that an email is about sends it. An email has a workflow for itself only once that one has ended.
func TestEmailIsLeftToTheWorkflowThatItIsAbout(t *testing.T) {
	t.Parallel()
	s := newSweeper(t)
	dashboard := s.refund("dashboard", "pending", true) // its own workflow sends the email about it
	open := s.dispute("open", booking.DisputeNeedsResponse)
	paid, confirmation := s.unsentConfirmation("paid")
	s.Exec(t, "UPDATE emails SET status = 'sent' WHERE kind = 'booking_confirmed' AND id <> ?", strings.TrimPrefix(confirmation, "SendMail:"))
	s.older()
	_, err := s.Temporal.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: paid, TaskQueue: s.Name}, workflows.TypeBookingPayment)
	require.NoError(t, err)
	require.NoError(t, s.Sweep(t.Context()))
	require.True(t, s.Started(dashboard))
	require.True(t, s.Started(open))
	queued, err := s.Store.QueuedEmails(t.Context(), s.Clock.Now(), 0, 100)
	require.NoError(t, err)
	require.Len(t, queued, 3)
	for _, email := range queued {
		require.False(t, s.Started(workflows.SendMailWorkflowID(email.ID)), email.Kind)
	}
	require.NoError(t, s.Temporal.TerminateWorkflow(t.Context(), paid, "", "a test"))
	require.NoError(t, s.Sweep(t.Context()))
	require.True(t, s.Started(confirmation))
}

// An operator's terminated workflow is followed by another; one that ended in failure is for an operator to look at.
func TestTerminatedWorkIsResumedAndFailedWorkIsNot(t *testing.T) {
	t.Parallel()
	s := newSweeper(t)
	terminated, failed := s.endedHold("terminated"), s.endedHold("failed")
	_, err := s.Temporal.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
		ID: failed, TaskQueue: s.Name, WorkflowRunTimeout: time.Second,
	}, workflows.TypeBookingPayment, workflows.BookingPaymentInput{})
	require.NoError(t, err)
	ended := s.run(failed)
	require.NoError(t, s.Sweep(t.Context()))
	first := s.run(terminated)
	require.NoError(t, s.Temporal.TerminateWorkflow(t.Context(), terminated, "", "a test"))
	require.Eventually(t, func() bool {
		description, err := s.Temporal.DescribeWorkflowExecution(t.Context(), failed, "")
		return err == nil && description.GetWorkflowExecutionInfo().GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_TIMED_OUT
	}, testkit.Patience, testkit.Pace)
	require.NoError(t, s.Sweep(t.Context()))
	require.NotEqual(t, first, s.run(terminated))
	require.Equal(t, ended, s.run(failed))
}

// A run of Unbooked that completed without posting has decided that the money is left alone: a sweep does not start another. One that
// was terminated has decided nothing.
func TestCompletedRunForMoneyOfNoBookingIsNotRepeated(t *testing.T) {
	t.Parallel()
	s := newSweeper(t)
	decided, terminated := s.unpostedUnbooked("decided"), s.unpostedUnbooked("terminated")
	require.NoError(t, s.Sweep(t.Context()))
	first := s.run(terminated)
	require.NoError(t, s.Temporal.TerminateWorkflow(t.Context(), terminated, "", "a test"))
	polling := worker.New(s.Temporal, s.Name, worker.Options{})
	polling.RegisterWorkflowWithOptions(func(workflow.Context, workflows.UnbookedInput) error { return nil },
		workflow.RegisterOptions{Name: workflows.TypeUnbooked})
	require.NoError(t, polling.Start())
	require.NoError(t, s.Temporal.GetWorkflow(t.Context(), decided, "").Get(t.Context(), nil))
	polling.Stop()
	ended := s.run(decided)
	require.NoError(t, s.Sweep(t.Context()))
	require.Equal(t, ended, s.run(decided))
	require.NotEqual(t, first, s.run(terminated))
}

// A reconciliation that was terminated could not say so: its row is closed, with the reason. A running one is left alone.
func TestTerminatedReconciliationsRowIsClosed(t *testing.T) {
	t.Parallel()
	s := newSweeper(t)
	run, neverStarted := s.reconciliation("recon_1"), s.reconciliation("recon_2")
	workflowID := workflows.ReconciliationWorkflowID(run.CorrelationID)
	_, err := s.Temporal.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: workflowID, TaskQueue: s.Name},
		workflows.TypeReconciliation, workflows.ReconciliationInput{})
	require.NoError(t, err)
	require.NoError(t, s.Sweep(t.Context()))
	require.Equal(t, recon.RunRunning, s.status(run).Status)
	require.Equal(t, recon.RunFailed, s.status(neverStarted).Status)

	require.NoError(t, s.Temporal.TerminateWorkflow(t.Context(), workflowID, "", "a test"))
	require.NoError(t, s.Sweep(t.Context()))
	closed := s.status(run)
	require.Equal(t, recon.RunFailed, closed.Status)
	require.Contains(t, closed.Error, "ended before it recorded")
	require.NotNil(t, closed.CompletedAt)
	require.NoError(t, s.Sweep(t.Context()))
	require.Equal(t, closed, s.status(run), "and stays as it is")
}

// Rows that cannot be read do not keep those of other kinds waiting.
func TestErrorOfOneKindDoesNotStopTheOthers(t *testing.T) {
	t.Parallel()
	s := newSweeper(t)
	hold, refund, copied, run := s.endedHold("hold"), s.unaskedRefund("refund"), s.unsentCopy("copy"), s.reconciliation("recon_1")
	dispute := s.dispute("open", booking.DisputeNeedsResponse)
	s.older()
	s.Exec(t, "RENAME TABLE disputes TO disputes_away")
	require.ErrorContains(t, s.Sweep(t.Context()), "disputes")
	for _, workflowID := range []string{hold, refund, copied} {
		require.True(t, s.Started(workflowID), workflowID)
	}
	require.Equal(t, recon.RunFailed, s.status(run).Status)
	require.False(t, s.Started(dispute))

	s.Exec(t, "RENAME TABLE disputes_away TO disputes")
	require.NoError(t, s.Sweep(t.Context()))
	require.True(t, s.Started(dispute))
}

// While Temporal refuses, nothing is closed and nothing is lost: a later sweep resumes it.
func TestWorkWaitsForTemporal(t *testing.T) {
	t.Parallel()
	s := newSweeper(t)
	run := s.reconciliation("recon_1")
	waiting := []string{s.endedHold("hold"), s.unaskedRefund("refund"), s.unsentCopy("copy")}
	there := s.Books.Dispatch
	s.Sweeper.Dispatch = s.WithoutTemporal()
	require.ErrorContains(t, s.Sweep(t.Context()), "ask Temporal for workflow")
	require.Equal(t, recon.RunRunning, s.status(run).Status, "nobody knows that it has ended")

	s.Sweeper.Dispatch = there
	for range 2 { // the first continues behind the rows that the failed one stopped at
		require.NoError(t, s.Sweep(t.Context()))
	}
	for _, workflowID := range waiting {
		require.True(t, s.Started(workflowID), workflowID)
	}
}

// A sweep asks Temporal about a bounded number of rows, and the next one continues behind them: rows that are carried on hide none
// that is not, however many they are.
func TestRowsThatAreCarriedOnHideNobody(t *testing.T) {
	t.Parallel()
	s := newSweeper(t)
	for i := range 203 {
		s.endedHold(fmt.Sprint(i))
	}
	require.NoError(t, s.Sweep(t.Context()))
	last := s.endedHold("last")
	require.NoError(t, s.Sweep(t.Context()))
	require.False(t, s.Started(last), "the sweep is bounded")
	require.NoError(t, s.Sweep(t.Context()))
	require.True(t, s.Started(last))
}

// As many as there are: what fills a page does not hide what comes after it.
func TestStuckWorkBeyondAPageIsResumed(t *testing.T) {
	t.Parallel()
	s := newSweeper(t)
	var all []string
	for i := range 203 {
		all = append(all, s.endedHold(fmt.Sprint(i)))
	}
	require.NoError(t, s.Sweep(t.Context()))
	for _, workflowID := range all {
		require.True(t, s.Started(workflowID), workflowID)
	}
}

// One workflow that takes no request keeps neither the other kinds waiting nor, in the next sweep, the rows behind it.
func TestWorkflowThatCannotProceedDoesNotStopTheSweep(t *testing.T) {
	t.Parallel()
	s := newSweeper(t)
	asked, payout := s.unsubmittedEvidence("asked"), s.payout("pending", false)
	s.older()
	require.ErrorContains(t, s.Sweep(t.Context()), "evidence that somebody has asked to submit, disputeId "+asked)
	require.True(t, s.Started(payout))
	require.NoError(t, s.Sweep(t.Context()), "it begins behind the row")
}

// The wait of an endpoint's workflow for a retry is ended once its oldest event is due: a replay by a command signals nothing.
func TestEndpointThatIsDueDoesNotWaitForItsRetry(t *testing.T) {
	t.Parallel()
	s := newSweeper(t)
	endpoint := s.owedEndpoint("shop")
	workflowID := workflows.DeliverWebhooksWorkflowID(endpoint)
	require.NoError(t, s.Books.Dispatch.DeliverWebhooks(t.Context(), endpoint, false))
	require.NoError(t, s.Sweep(t.Context()))
	require.Equal(t, []bool{false}, s.webhookSignals(workflowID), "it is not due for long enough")
	s.older()
	require.NoError(t, s.Sweep(t.Context()))
	require.Equal(t, []bool{false, true}, s.webhookSignals(workflowID))

	require.NoError(t, s.Temporal.TerminateWorkflow(t.Context(), workflowID, "", "a test"))
	require.NoError(t, s.Sweep(t.Context()))
	require.Empty(t, s.webhookSignals(workflowID), "a new run reads what is due")
}
