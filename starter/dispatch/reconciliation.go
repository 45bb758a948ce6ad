package dispatch

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"farebook/activities"
	"farebook/reconciliation"
	"farebook/workflows"
)

// NewRunID returns a random correlation id for a reconciliation: "recon_" and 32 hexadecimal digits.
func NewRunID() string { return "recon_" + strings.ReplaceAll(uuid.NewString(), "-", "") }

// reconciliationQueue returns the task queue of the reconciliations of c's bookings.
func (c *Client) reconciliationQueue() string { return ReconciliationQueue(c.taskQueue) }

// ReconciliationQueue returns the task queue of reconciliations for a task queue of bookings. They are separate, so that a scan does not
// delay bookings.
func ReconciliationQueue(bookings string) string {
	if bookings == workflows.TaskQueueBookings {
		return workflows.TaskQueueReconcile
	}
	return bookings + "-" + workflows.TaskQueueReconcile
}

// StartReconciliation starts a run, or joins the running one with this id. applies is the id of the run whose plan it carries out, or
// empty. A run that has ended under this id is WorkflowExecutionAlreadyStarted.
func (c *Client) StartReconciliation(ctx context.Context, correlationID string, options reconciliation.Options, applies string) error {
	in := workflows.ReconciliationInput{CorrelationID: correlationID, Options: options, Applies: applies, BookingsQueue: c.taskQueue}
	_, err := c.temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                       workflows.ReconciliationWorkflowID(correlationID),
		TaskQueue:                c.reconciliationQueue(),
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		StaticSummary:            summaryOf(options, applies),
	}, workflows.TypeReconciliation, in)
	return err
}

func summaryOf(o reconciliation.Options, applies string) string {
	switch {
	case applies != "":
		return "Carry out the plan of " + applies
	case o.DryRun:
		return fmt.Sprintf("Dry run over %d days, %s", o.LookbackDays, o.Scope)
	default:
		return fmt.Sprintf("Reconcile %d days, %s", o.LookbackDays, o.Scope)
	}
}

// ReconciliationProgress queries a run for its progress, and adds what its scans report in heartbeats.
func (c *Client) ReconciliationProgress(ctx context.Context, correlationID string) (workflows.ReconciliationProgress, error) {
	var at workflows.ReconciliationProgress
	id := workflows.ReconciliationWorkflowID(correlationID)
	answer, err := c.temporal.QueryWorkflow(ctx, id, "", workflows.QueryStatus)
	if err != nil {
		return at, err
	}
	if err := answer.Get(&at); err != nil {
		return at, err
	}
	description, err := c.temporal.DescribeWorkflowExecution(ctx, id, "")
	if err != nil {
		return at, err
	}
	for _, pending := range description.GetPendingActivities() {
		if failure := pending.GetLastFailure(); failure != nil {
			at.Trouble = c.payloads.Message(failure)
		}
		var scanned activities.Scanned
		if c.payloads.DataConverter().FromPayloads(pending.GetHeartbeatDetails(), &scanned) == nil {
			at.Scanned += scanned.Lines
			at.Found += scanned.Found
			at.SecondsDone += scanned.Seconds
		}
	}
	at.SecondsDone = min(at.SecondsDone, at.Seconds) // a scan may end between the two answers
	return at, nil
}

// ReconciliationRunning reports whether a run's workflow is running; false when there is none.
func (c *Client) ReconciliationRunning(ctx context.Context, correlationID string) (bool, error) {
	description, err := c.temporal.DescribeWorkflowExecution(ctx, workflows.ReconciliationWorkflowID(correlationID), "")
	var none *serviceerror.NotFound
	if errors.As(err, &none) {
		return false, nil
	}
	return description.GetWorkflowExecutionInfo().GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, err
}

// AwaitReconciliation waits until a run ends and returns its result or its error.
func (c *Client) AwaitReconciliation(ctx context.Context, correlationID string) (activities.ReconciliationResult, error) {
	var result activities.ReconciliationResult
	err := c.temporal.GetWorkflow(ctx, workflows.ReconciliationWorkflowID(correlationID), "").Get(ctx, &result)
	return result, err
}
