package stranded_test

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"farebook/booking"
	"farebook/internal/testdb"
	"farebook/internal/testkit"
	"farebook/starter/stranded"
	"farebook/store"
	"farebook/workflows"
)

// sweeper is on real books and a real Temporal, whose workflows nobody runs.
type sweeper struct {
	*testkit.Books
	stranded.Sweeper
}

func newSweeper(t *testing.T) sweeper {
	t.Helper()
	books := testkit.NewBooks(t)
	// Workflows that send mails are named by the mail's number, which is another database's, too.
	books.Exec(t, fmt.Sprintf("ALTER TABLE emails AUTO_INCREMENT = %d", 1_000_000+rand.Int64N(1<<40)))
	return sweeper{books, stranded.Sweeper{
		Store: books.Store, Workflows: books.Workflows, Every: time.Minute, Log: slog.New(slog.DiscardHandler),
	}}
}

// run is the id of a workflow's latest run; empty when it was never started.
func (s sweeper) run(workflowID string) string {
	s.T.Helper()
	if !s.Started(workflowID) {
		return ""
	}
	description, err := s.Temporal.DescribeWorkflowExecution(s.T.Context(), workflowID, "")
	require.NoError(s.T, err)
	return description.GetWorkflowExecutionInfo().GetExecution().GetRunId()
}

// endedHold is a booking whose hold is over and that nobody has paid, by its workflow's id.
func (s sweeper) endedHold(key string) string {
	s.T.Helper()
	return workflows.BookingPaymentWorkflowID(s.Held(key, -time.Hour).Reference)
}

// unaskedRefund is a refund that was reserved an hour ago and that Stripe was not asked for, by its workflow's id.
func (s sweeper) unaskedRefund(key string) string {
	s.T.Helper()
	refund := s.Refund(s.Paid(key), key, 1000)
	s.Exec(s.T, "UPDATE refunds SET created_at = created_at - INTERVAL 1 HOUR WHERE refund_id = ?", string(refund.ID))
	return workflows.RefundWorkflowID(string(refund.ID))
}

// unsentCopy is a mail that somebody asked for again an hour ago, by its workflow's id.
func (s sweeper) unsentCopy(key string) string {
	s.T.Helper()
	reference, now := s.Paid(key), time.Now().UTC()
	first := uint64(s.Count(s.T, "SELECT e.id FROM emails e JOIN bookings b ON b.id = e.booking_id WHERE b.reference = ?", string(reference))) //nolint:gosec // an id
	require.NoError(s.T, s.Store.MarkEmailSent(s.T.Context(), first, now))
	copied, err := s.Store.ResendEmail(s.T.Context(), first, testdb.Tester, now.Add(-time.Hour))
	require.NoError(s.T, err)
	return workflows.SendMailWorkflowID(copied)
}

// reconciliation is the row of a run that began an hour ago.
func (s sweeper) reconciliation(name string) store.Run {
	s.T.Helper()
	began := time.Now().UTC().Add(-time.Hour)
	run, err := s.Store.BeginRun(s.T.Context(), store.Run{
		CorrelationID: s.ID(name), Options: booking.ReconciliationOptions{LookbackDays: 7, Scope: booking.ScopeAll},
		WindowStart: began, WindowEnd: began, StartedAt: began,
	})
	require.NoError(s.T, err)
	return run
}

func (s sweeper) status(run store.Run) store.Run {
	s.T.Helper()
	now, err := s.Store.Run(s.T.Context(), run.CorrelationID)
	require.NoError(s.T, err)
	return now
}

// Each kind of work that no workflow carries on gets its workflow, and one alone: while that runs there is nothing to start.
func TestEachKindOfStrandedWorkIsResumedOnce(t *testing.T) {
	t.Parallel()
	s := newSweeper(t)
	resumed := map[string]string{s.endedHold("hold"): "", s.unaskedRefund("refund"): "", s.unsentCopy("copy"): ""}
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

// What is somebody's turn is left to them: a hold that goes on or has just ended, money in the bank's hands, a refund that was just
// reserved or is made, a mail that its own workflow sends.
func TestWorkOfOthersIsLeftToThem(t *testing.T) {
	t.Parallel()
	s := newSweeper(t)
	processing := s.Held("processing", -time.Hour)
	processing.StripeStatus = "processing"
	s.Record(processing)
	left := []string{
		workflows.BookingPaymentWorkflowID(s.Held("holds", time.Hour).Reference),
		workflows.BookingPaymentWorkflowID(s.Held("just-ended", -time.Second).Reference),
		workflows.BookingPaymentWorkflowID(processing.Reference),
		workflows.BookingPaymentWorkflowID(s.Paid("paid")),
		workflows.RefundWorkflowID(string(s.Refund(s.Paid("fresh"), "fresh", 1000).ID)),
	}
	s.Exec(t, "UPDATE emails SET created_at = created_at - INTERVAL 1 DAY")
	require.NoError(t, s.Sweep(t.Context()))
	for _, workflowID := range left {
		require.False(t, s.Started(workflowID), workflowID)
	}
	require.Zero(t, s.Count(t, "SELECT COUNT(*) FROM emails WHERE resent_of IS NOT NULL"))
}

// An operator's terminated workflow is followed by another; one that ended in failure is for a person to look at.
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

// A reconciliation that was terminated could not say so: its row is closed, with the reason. One that goes on is left alone.
func TestTerminatedReconciliationsRowIsClosed(t *testing.T) {
	t.Parallel()
	s := newSweeper(t)
	run, neverStarted := s.reconciliation("recon_1"), s.reconciliation("recon_2")
	workflowID := workflows.ReconciliationWorkflowID(run.CorrelationID)
	_, err := s.Temporal.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: workflowID, TaskQueue: s.Name},
		workflows.TypeReconciliation, workflows.ReconciliationInput{})
	require.NoError(t, err)
	require.NoError(t, s.Sweep(t.Context()))
	require.Equal(t, store.RunRunning, s.status(run).Status)
	require.Equal(t, store.RunFailed, s.status(neverStarted).Status)

	require.NoError(t, s.Temporal.TerminateWorkflow(t.Context(), workflowID, "", "a test"))
	require.NoError(t, s.Sweep(t.Context()))
	closed := s.status(run)
	require.Equal(t, store.RunFailed, closed.Status)
	require.Contains(t, closed.Error, "ended before it could say")
	require.NotNil(t, closed.CompletedAt)
	require.NoError(t, s.Sweep(t.Context()))
	require.Equal(t, closed, s.status(run), "and stays as it is")
}

// What cannot be looked for does not keep the others waiting.
func TestErrorOfOneKindDoesNotStopTheOthers(t *testing.T) {
	t.Parallel()
	s := newSweeper(t)
	hold, refund, copied, run := s.endedHold("hold"), s.unaskedRefund("refund"), s.unsentCopy("copy"), s.reconciliation("recon_1")
	s.Exec(t, "RENAME TABLE refunds TO refunds_away")
	require.ErrorContains(t, s.Sweep(t.Context()), "refunds")
	require.True(t, s.Started(hold))
	require.True(t, s.Started(copied))
	require.Equal(t, store.RunFailed, s.status(run).Status)
	require.False(t, s.Started(refund))

	s.Exec(t, "RENAME TABLE refunds_away TO refunds")
	require.NoError(t, s.Sweep(t.Context()))
	require.True(t, s.Started(refund))
}

// While Temporal refuses, nothing is closed and nothing is lost: the next sweep resumes it.
func TestWorkWaitsForTemporal(t *testing.T) {
	t.Parallel()
	s := newSweeper(t)
	run := s.reconciliation("recon_1")
	waiting := []string{s.endedHold("hold"), s.unaskedRefund("refund"), s.unsentCopy("copy")}
	away := s.Sweeper
	away.Workflows = s.WithoutTemporal()
	_ = away.Sweep(t.Context()) // what it says of it is for the log
	require.Equal(t, store.RunRunning, s.status(run).Status, "nobody knows that it has ended")

	require.NoError(t, s.Sweep(t.Context()))
	for _, workflowID := range waiting {
		require.True(t, s.Started(workflowID), workflowID)
	}
}

// As many as there are: what fills a page does not hide what comes after it.
func TestStrandedWorkBeyondAPageIsResumed(t *testing.T) {
	t.Parallel()
	s := newSweeper(t)
	var all []string
	for i := range 103 {
		all = append(all, s.endedHold(fmt.Sprint(i)))
	}
	require.NoError(t, s.Sweep(t.Context()))
	for _, workflowID := range all {
		require.True(t, s.Started(workflowID), workflowID)
	}
}
