package workflows

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"farebook/activities"
	"farebook/booking"
)

// NewRunID draws a reconciliation's correlation id.
func NewRunID() string { return "recon_" + strings.ReplaceAll(uuid.NewString(), "-", "") }

// reconciliationQueue is where reconciliations of a system run whose bookings run on c's queue.
func (c *Client) reconciliationQueue() string { return ReconciliationQueue(c.taskQueue) }

// ReconciliationQueue is the queue of reconciliations beside a queue of bookings: one of its own, so that a scan never
// starves them.
func ReconciliationQueue(bookings string) string {
	if bookings == TaskQueueBookings {
		return TaskQueueReconcile
	}
	return bookings + "-" + TaskQueueReconcile
}

// StartReconciliation starts a run, or leaves the one that has this id. applies names the run whose plan is carried out.
func (c *Client) StartReconciliation(ctx context.Context, correlationID string, options booking.ReconciliationOptions, applies string) error {
	in := ReconciliationInput{CorrelationID: correlationID, Options: options, Applies: applies, BookingsQueue: c.taskQueue}
	_, err := c.temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                       ReconciliationWorkflowID(correlationID),
		TaskQueue:                c.reconciliationQueue(),
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		StaticSummary:            summaryOf(options, applies),
	}, TypeReconciliation, in)
	return err
}

func summaryOf(o booking.ReconciliationOptions, applies string) string {
	switch {
	case applies != "":
		return "Carry out the plan of " + applies
	case o.DryRun:
		return fmt.Sprintf("Dry run over %d days, %s", o.LookbackDays, o.Scope)
	default:
		return fmt.Sprintf("Reconcile %d days, %s", o.LookbackDays, o.Scope)
	}
}

// ReconciliationProgress asks a run how far it is, what its scans have told in heartbeats included.
func (c *Client) ReconciliationProgress(ctx context.Context, correlationID string) (ReconciliationProgress, error) {
	var at ReconciliationProgress
	id := ReconciliationWorkflowID(correlationID)
	answer, err := c.temporal.QueryWorkflow(ctx, id, "", QueryStatus)
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
		var scanned activities.Scanned
		if converter.GetDefaultDataConverter().FromPayloads(pending.GetHeartbeatDetails(), &scanned) == nil {
			at.Scanned += scanned.Lines
			at.Found += scanned.Found
			at.SecondsDone += scanned.Seconds
		}
	}
	at.SecondsDone = min(at.SecondsDone, at.Seconds) // a scan may end between the two answers
	return at, nil
}

// AwaitReconciliation waits for a run's end.
func (c *Client) AwaitReconciliation(ctx context.Context, correlationID string) (activities.ReconciliationResult, error) {
	var result activities.ReconciliationResult
	err := c.temporal.GetWorkflow(ctx, ReconciliationWorkflowID(correlationID), "").Get(ctx, &result)
	return result, err
}

// ScheduleID names the schedule of a system's reconciliation.
func (c *Client) scheduleID() string { return "Reconciliation:" + c.taskQueue }

// Schedule is when reconciliation runs by itself.
type Schedule struct {
	Cron     string        // five fields; empty when Every is given
	Every    time.Duration // an interval; zero when Cron is given
	TimeZone string        // IANA, for Cron
	Jitter   time.Duration
	Options  booking.ReconciliationOptions
}

// scheduleCatchup is how late a run may still be made that was missed: later than that, the next one finds the same.
const scheduleCatchup = 10 * time.Minute

func (s Schedule) spec() client.ScheduleSpec {
	spec := client.ScheduleSpec{Jitter: s.Jitter, TimeZoneName: s.TimeZone}
	if s.Cron != "" {
		spec.CronExpressions = []string{s.Cron}
	} else {
		spec.Intervals = []client.ScheduleIntervalSpec{{Every: s.Every}}
	}
	return spec
}

// ApplySchedule makes the schedule, or changes it to this. A run that is due while one goes on is skipped.
func (c *Client) ApplySchedule(ctx context.Context, s Schedule) error {
	spec := s.spec()
	action := &client.ScheduleWorkflowAction{
		ID: "Reconciliation:scheduled", Workflow: TypeReconciliation, TaskQueue: c.reconciliationQueue(),
		Args: []any{ReconciliationInput{Options: s.Options, BookingsQueue: c.taskQueue}}, StaticSummary: summaryOf(s.Options, ""),
	}
	handle := c.temporal.ScheduleClient().GetHandle(ctx, c.scheduleID())
	_, err := handle.Describe(ctx)
	if err == nil {
		return handle.Update(ctx, client.ScheduleUpdateOptions{DoUpdate: func(in client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
			schedule := in.Description.Schedule
			schedule.Spec, schedule.Action = &spec, action
			schedule.Policy.Overlap, schedule.Policy.CatchupWindow = enumspb.SCHEDULE_OVERLAP_POLICY_SKIP, scheduleCatchup
			return &client.ScheduleUpdate{Schedule: &schedule}, nil
		}})
	}
	var none *serviceerror.NotFound
	if !errors.As(err, &none) {
		return err
	}
	_, err = c.temporal.ScheduleClient().Create(ctx, client.ScheduleOptions{
		ID: c.scheduleID(), Spec: spec, Action: action, Overlap: enumspb.SCHEDULE_OVERLAP_POLICY_SKIP, CatchupWindow: scheduleCatchup,
	})
	return err
}

// ScheduleHandle reaches the schedule, to describe, pause or trigger it.
func (c *Client) ScheduleHandle(ctx context.Context) client.ScheduleHandle {
	return c.temporal.ScheduleClient().GetHandle(ctx, c.scheduleID())
}
