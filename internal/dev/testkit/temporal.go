package testkit

import (
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	"google.golang.org/protobuf/encoding/protojson"

	"farebook/booking"
	"farebook/workflows"
)

var record = flag.Bool("record", false, "write the histories of these tests to workflows/testdata, for the replay tests")

// WorkflowID returns the workflow id of a booking.
func (s *Stack) WorkflowID(reference string) string {
	return workflows.BookingPaymentWorkflowID(booking.Reference(reference))
}

// AwaitWorkflowEnd waits until the latest run of a booking's workflow has ended well: all is recorded, all emails are sent.
func (s *Stack) AwaitWorkflowEnd(reference string) {
	s.T.Helper()
	s.AwaitRunEnd(s.WorkflowID(reference))
}

// AwaitRunEnd waits until the latest run of a workflow has ended, and requires that it has not failed. A late webhook may start another
// run at any time, so the status is the one that was read when the run had ended.
func (s *Stack) AwaitRunEnd(workflowID string) {
	s.T.Helper()
	var status enumspb.WorkflowExecutionStatus
	s.Eventually(func() bool {
		description, err := s.Temporal.DescribeWorkflowExecution(s.T.Context(), workflowID, "")
		status = description.GetWorkflowExecutionInfo().GetStatus()
		return err == nil && status != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING
	}, "workflow %s is still running; logs:\n%s", workflowID, s.Logs)
	require.Contains(s.T, []enumspb.WorkflowExecutionStatus{
		enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED,
	}, status, "workflow %s failed; logs:\n%s", workflowID, s.Logs)
}

// AwaitQuiet waits until all events are delivered and processed, all emails are sent or given up, and all requested refunds have been made
// at Stripe. The workflows that do so cause further events, so it waits for deliveries once nothing is open and then reads the books again.
func (s *Stack) AwaitQuiet() {
	s.T.Helper()
	s.Eventually(func() bool {
		if s.unfinished() > 0 {
			return false
		}
		s.Stripe.Settle()
		return s.unfinished() == 0
	}, "events, emails or refunds stay unfinished; logs:\n%s", s.Logs)
}

func (s *Stack) unfinished() int {
	return s.DB.Count(s.T, `SELECT (SELECT COUNT(*) FROM stripe_events WHERE processed = FALSE)
		+ (SELECT COUNT(*) FROM emails WHERE status = 'queued') + (SELECT COUNT(*) FROM refunds WHERE status = 'requested')`)
}

// AwaitRest waits until workflows have nothing to do: each has ended, or waits for a timer or a signal. The books can be quiet before,
// while a slow step is repeated, or a signal that was sent twice has the workflow read its object again. A test that changes what the
// step reads, or restores the database, waits for this.
func (s *Stack) AwaitRest(workflowIDs ...string) {
	s.T.Helper()
	for _, id := range workflowIDs {
		s.Eventually(func() bool {
			described, err := s.Temporal.DescribeWorkflowExecution(s.T.Context(), id, "")
			if err != nil {
				return false
			}
			return described.GetWorkflowExecutionInfo().GetStatus() != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING ||
				described.GetPendingWorkflowTask() == nil && len(described.GetPendingActivities()) == 0
		}, "workflow %s does not come to rest; logs:\n%s", id, s.Logs)
	}
}

// LatestRun returns the id of a workflow's newest run. It asks for the workflow itself, because searching lags.
func (s *Stack) LatestRun(workflowID string) string {
	s.T.Helper()
	description, err := s.Temporal.DescribeWorkflowExecution(s.T.Context(), workflowID, "")
	require.NoError(s.T, err)
	return description.GetWorkflowExecutionInfo().GetExecution().GetRunId()
}

// History returns the history of the latest run of a booking's workflow.
func (s *Stack) History(reference string) *historypb.History {
	return s.RunHistory(s.WorkflowID(reference), "")
}

// RunHistory returns the history of one run; an empty runID is the latest.
func (s *Stack) RunHistory(workflowID, runID string) *historypb.History {
	s.T.Helper()
	history := &historypb.History{}
	iterator := s.Temporal.GetWorkflowHistory(context.WithoutCancel(s.T.Context()), workflowID, runID, false,
		enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for iterator.HasNext() {
		event, err := iterator.Next()
		var notFound *serviceerror.NotFound
		require.False(s.T, errors.As(err, &notFound), "no workflow %s", workflowID)
		require.NoError(s.T, err)
		history.Events = append(history.Events, event)
	}
	return history
}

// HistoryText returns History as text with decoded payloads, to be searched for what must not be in it.
func (s *Stack) HistoryText(reference string) string { return s.RunText(s.WorkflowID(reference), "") }

// RunText returns RunHistory as text with decoded payloads.
func (s *Stack) RunText(workflowID, runID string) string {
	s.T.Helper()
	var text strings.Builder
	for _, event := range s.RunHistory(workflowID, runID).Events {
		text.WriteString(event.String())
		text.WriteByte('\n')
	}
	return text.String()
}

// SaveHistory writes the history of a booking's workflow to workflows/testdata, for the replay tests, when -record is given.
func (s *Stack) SaveHistory(reference, name string) {
	s.T.Helper()
	s.SaveRun(s.WorkflowID(reference), "booking_payment_"+name)
}

// SaveRun writes the history of a workflow's latest run, as SaveHistory does.
func (s *Stack) SaveRun(workflowID, name string) {
	s.T.Helper()
	s.SaveEarlierRun(workflowID, "", name)
}

// SaveEarlierRun writes the history of one run, as SaveHistory does; an empty runID is the latest.
func (s *Stack) SaveEarlierRun(workflowID, runID, name string) {
	s.T.Helper()
	if !*record {
		return
	}
	text, err := protojson.MarshalOptions{Indent: " "}.Marshal(s.RunHistory(workflowID, runID))
	require.NoError(s.T, err)
	require.NoError(s.T, os.WriteFile(filepath.Join("..", "workflows", "testdata", name+".json"), append(text, '\n'), 0o600))
}
