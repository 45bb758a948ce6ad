package dispatch

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/types/known/timestamppb"

	"farebook/reconciliation"
	"farebook/workflows"
)

// scheduleID names the schedule of a system's reconciliation.
func (c *Client) scheduleID() string { return "Reconciliation:" + c.taskQueue }

// scheduleCatchup is how late a run may still be made that was missed: later than that, the next one finds the same.
const scheduleCatchup = 10 * time.Minute

// scheduledRun begins the correlation ids of a schedule's runs; Temporal adds the time that each was due. Two systems in one
// namespace have two, or one's run would keep the other's from starting.
func scheduledRun(bookings string) string {
	if bookings == workflows.TaskQueueBookings {
		return "recon_scheduled"
	}
	return fmt.Sprintf("recon_scheduled-%x", sha256.Sum256([]byte(bookings)))[:len("recon_scheduled-")+12]
}

// Schedule is when reconciliation runs automatically.
type Schedule struct {
	Cron     string        // five fields; empty when Every is given
	Every    time.Duration // an interval; zero when Cron is given
	TimeZone string        // IANA, for Cron
	Jitter   time.Duration
	Options  reconciliation.Options
}

// ScheduleRefused is a schedule that Temporal does not take, in its words.
type ScheduleRefused struct{ Reason string }

func (e *ScheduleRefused) Error() string { return e.Reason }

// ErrNoSchedule says that none was made yet.
var ErrNoSchedule = errors.New("there is no schedule yet")

func (s Schedule) spec() client.ScheduleSpec {
	spec := client.ScheduleSpec{Jitter: s.Jitter, TimeZoneName: s.TimeZone}
	if s.Cron != "" {
		// Temporal keeps what it makes of an expression, and the comment behind it: by that it can be shown again.
		spec.CronExpressions = []string{s.Cron + " # " + s.Cron}
	} else {
		spec.Intervals = []client.ScheduleIntervalSpec{{Every: s.Every}}
	}
	return spec
}

// ApplySchedule makes the schedule, or changes it to this. A run that is due while another is running is skipped. It returns
// *ScheduleRefused for one that cannot be.
func (c *Client) ApplySchedule(ctx context.Context, s Schedule) error {
	err := c.applySchedule(ctx, s)
	var invalid *serviceerror.InvalidArgument
	if errors.As(err, &invalid) {
		return &ScheduleRefused{strings.TrimPrefix(invalid.Error(), "Invalid schedule spec: ")}
	}
	return err
}

func (c *Client) applySchedule(ctx context.Context, s Schedule) error {
	spec := s.spec()
	action := &client.ScheduleWorkflowAction{
		ID: workflows.ReconciliationWorkflowID(scheduledRun(c.taskQueue)), Workflow: workflows.TypeReconciliation, TaskQueue: c.reconciliationQueue(),
		Args: []any{workflows.ReconciliationInput{Options: s.Options, BookingsQueue: c.taskQueue}}, StaticSummary: summaryOf(s.Options, ""),
	}
	handle := c.schedule(ctx)
	_, err := handle.Describe(ctx)
	if err == nil {
		return handle.Update(ctx, client.ScheduleUpdateOptions{DoUpdate: func(in client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
			schedule := in.Description.Schedule
			schedule.Spec, schedule.Action = &spec, action
			schedule.Policy.Overlap, schedule.Policy.CatchupWindow = enumspb.SCHEDULE_OVERLAP_POLICY_SKIP, scheduleCatchup
			return &client.ScheduleUpdate{Schedule: &schedule}, nil
		}})
	}
	if err = noSchedule(err); !errors.Is(err, ErrNoSchedule) {
		return err
	}
	_, err = c.temporal.ScheduleClient().Create(ctx, client.ScheduleOptions{
		ID: c.scheduleID(), Spec: spec, Action: action, Overlap: enumspb.SCHEDULE_OVERLAP_POLICY_SKIP, CatchupWindow: scheduleCatchup,
	})
	return err
}

func (c *Client) schedule(ctx context.Context) client.ScheduleHandle {
	return c.temporal.ScheduleClient().GetHandle(ctx, c.scheduleID())
}

// noSchedule says in our words that there is none.
func noSchedule(err error) error {
	var none *serviceerror.NotFound
	if errors.As(err, &none) {
		return ErrNoSchedule
	}
	return err
}

// ScheduleStands is the schedule as Temporal has it.
type ScheduleStands struct {
	Schedule

	MadeAt        time.Time
	Paused        bool
	Note          string
	Runs, Skipped int
	// Last are the correlation ids of the runs that it started lately, the newest last.
	Last []string
	Next []time.Time
}

// Schedule reads the schedule, or returns ErrNoSchedule.
func (c *Client) Schedule(ctx context.Context) (ScheduleStands, error) {
	found, err := c.schedule(ctx).Describe(ctx)
	if err != nil {
		return ScheduleStands{}, noSchedule(err)
	}
	stands := ScheduleStands{
		MadeAt: found.Info.CreatedAt, Paused: found.Schedule.State.Paused, Note: found.Schedule.State.Note,
		Runs: found.Info.NumActions, Skipped: found.Info.NumActionsSkippedOverlap, Next: found.Info.NextActionTimes,
	}
	spec := found.Schedule.Spec
	stands.TimeZone, stands.Jitter = spec.TimeZoneName, spec.Jitter
	for _, calendar := range spec.Calendars {
		stands.Cron = calendar.Comment
	}
	for _, interval := range spec.Intervals {
		stands.Every = interval.Every
	}
	stands.Options = optionsOf(found.Schedule.Action)
	for _, started := range found.Info.RecentActions {
		if started.StartWorkflowResult != nil {
			stands.Last = append(stands.Last, workflows.RunOf(started.StartWorkflowResult.WorkflowID))
		}
	}
	return stands, nil
}

// optionsOf are none for a schedule that somebody made otherwise.
func optionsOf(action client.ScheduleAction) reconciliation.Options {
	var in workflows.ReconciliationInput
	starts, ok := action.(*client.ScheduleWorkflowAction)
	if !ok || len(starts.Args) == 0 {
		return in.Options
	}
	if payload, ok := starts.Args[0].(*commonpb.Payload); ok {
		_ = converter.GetDefaultDataConverter().FromPayload(payload, &in) // as above
	}
	return in.Options
}

// Due are the times, oldest first, at which the schedule as it is now starts a run between two times, whether they have passed or
// not. Temporal lists a thousand at most.
func (c *Client) Due(ctx context.Context, from, to time.Time) ([]time.Time, error) {
	listed, err := c.temporal.WorkflowService().ListScheduleMatchingTimes(ctx, &workflowservice.ListScheduleMatchingTimesRequest{
		Namespace: c.namespace, ScheduleId: c.scheduleID(), StartTime: timestamppb.New(from), EndTime: timestamppb.New(to),
	})
	if err != nil {
		return nil, noSchedule(err)
	}
	due := make([]time.Time, len(listed.GetStartTime()))
	for i, at := range listed.GetStartTime() {
		due[i] = at.AsTime()
	}
	return due, nil
}

// PauseSchedule stops the schedule until ResumeSchedule, or returns ErrNoSchedule.
func (c *Client) PauseSchedule(ctx context.Context, note string) error {
	return noSchedule(c.schedule(ctx).Pause(ctx, client.SchedulePauseOptions{Note: note}))
}

// ResumeSchedule lets the schedule go on.
func (c *Client) ResumeSchedule(ctx context.Context, note string) error {
	return noSchedule(c.schedule(ctx).Unpause(ctx, client.ScheduleUnpauseOptions{Note: note}))
}

// DeleteSchedule removes the schedule.
func (c *Client) DeleteSchedule(ctx context.Context) error {
	return noSchedule(c.schedule(ctx).Delete(ctx))
}

// TriggerSchedule has the schedule start a run now, or returns ErrNoSchedule. The request returns before the run starts.
func (c *Client) TriggerSchedule(ctx context.Context) error {
	return noSchedule(c.schedule(ctx).Trigger(ctx, client.ScheduleTriggerOptions{}))
}
