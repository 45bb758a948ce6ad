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
	"google.golang.org/protobuf/types/known/timestamppb"

	"farebook/reconciliation"
	"farebook/workflows"
)

// scheduleID is the id of the schedule of reconciliation.
func (c *Client) scheduleID() string { return "Reconciliation:" + c.taskQueue }

// scheduleCatchup is how late a missed run may start. A later one is skipped, because the next run finds the same differences.
const scheduleCatchup = 10 * time.Minute

// scheduledRun is the prefix of the correlation ids of scheduled runs, to which Temporal appends the time at which each was due. It
// differs between two systems in one namespace, so that a run of one does not block the other.
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

// ScheduleError says in Temporal's words why it refused a schedule.
type ScheduleError struct{ Reason string }

func (e *ScheduleError) Error() string { return e.Reason }

// ErrNoSchedule says that there is no schedule.
var ErrNoSchedule = errors.New("there is no schedule yet")

func (s Schedule) spec() client.ScheduleSpec {
	spec := client.ScheduleSpec{Jitter: s.Jitter, TimeZoneName: s.TimeZone}
	if s.Cron != "" {
		// Temporal stores a compiled expression and its comment; the comment holds the expression for display.
		spec.CronExpressions = []string{s.Cron + " # " + s.Cron}
	} else {
		spec.Intervals = []client.ScheduleIntervalSpec{{Every: s.Every}}
	}
	return spec
}

// ApplySchedule creates the schedule, or replaces it with s. A run that is due while another one runs is skipped. It returns
// *ScheduleError for a schedule that Temporal refuses.
func (c *Client) ApplySchedule(ctx context.Context, s Schedule) error {
	err := repeatLate(ctx, func() error { return c.applySchedule(ctx, s) })
	var invalid *serviceerror.InvalidArgument
	if errors.As(err, &invalid) {
		return &ScheduleError{strings.TrimPrefix(invalid.Error(), "Invalid schedule spec: ")}
	}
	return err
}

func (c *Client) applySchedule(ctx context.Context, s Schedule) error {
	spec := s.spec()
	action := &client.ScheduleWorkflowAction{
		ID: workflows.ReconciliationWorkflowID(scheduledRun(c.taskQueue)), Workflow: workflows.TypeReconciliation,
		TaskQueue: c.reconciliationQueue(),
		Args:      []any{workflows.ReconciliationInput{Options: s.Options, BookingsQueue: c.taskQueue}}, StaticSummary: summaryOf(s.Options, ""),
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

func describe(ctx context.Context, handle client.ScheduleHandle) (found *client.ScheduleDescription, err error) {
	err = repeatLate(ctx, func() error {
		found, err = handle.Describe(ctx)
		return err
	})
	return found, noSchedule(err)
}

func (c *Client) schedule(ctx context.Context) client.ScheduleHandle {
	return c.temporal.ScheduleClient().GetHandle(ctx, c.scheduleID())
}

// noSchedule returns ErrNoSchedule for a NotFound, and any other error unchanged.
func noSchedule(err error) error {
	var none *serviceerror.NotFound
	if errors.As(err, &none) {
		return ErrNoSchedule
	}
	return err
}

// CurrentSchedule is the schedule as Temporal reports it.
type CurrentSchedule struct {
	Schedule

	CreatedAt     time.Time
	Paused        bool
	Note          string
	Runs, Skipped int
	// Last holds the correlation ids of the most recent runs, the newest last.
	Last []string
	Next []time.Time
}

// Schedule reads the schedule, or returns ErrNoSchedule.
func (c *Client) Schedule(ctx context.Context) (CurrentSchedule, error) {
	found, err := describe(ctx, c.schedule(ctx))
	if err != nil {
		return CurrentSchedule{}, err
	}
	stands := CurrentSchedule{
		CreatedAt: found.Info.CreatedAt, Paused: found.Schedule.State.Paused, Note: found.Schedule.State.Note,
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
	stands.Options = c.optionsOf(found.Schedule.Action)
	for _, started := range found.Info.RecentActions {
		if started.StartWorkflowResult != nil {
			stands.Last = append(stands.Last, workflows.RunOf(started.StartWorkflowResult.WorkflowID))
		}
	}
	return stands, nil
}

// optionsOf returns the options of a schedule's runs; zero for a schedule that was not made by ApplySchedule.
func (c *Client) optionsOf(action client.ScheduleAction) reconciliation.Options {
	var in workflows.ReconciliationInput
	starts, ok := action.(*client.ScheduleWorkflowAction)
	if !ok || len(starts.Args) == 0 {
		return in.Options
	}
	if payload, ok := starts.Args[0].(*commonpb.Payload); ok {
		_ = c.payloads.DataConverter().FromPayload(payload, &in) // as above
	}
	return in.Options
}

// Due returns the times between from and to at which the current schedule starts a run, oldest first; they may be past or future. Temporal
// returns a thousand at most.
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
	return noSchedule(repeatLate(ctx, func() error { return c.schedule(ctx).Pause(ctx, client.SchedulePauseOptions{Note: note}) }))
}

// ResumeSchedule ends a pause, or returns ErrNoSchedule.
func (c *Client) ResumeSchedule(ctx context.Context, note string) error {
	return noSchedule(repeatLate(ctx, func() error { return c.schedule(ctx).Unpause(ctx, client.ScheduleUnpauseOptions{Note: note}) }))
}

// DeleteSchedule deletes the schedule, or returns ErrNoSchedule.
func (c *Client) DeleteSchedule(ctx context.Context) error {
	return noSchedule(c.schedule(ctx).Delete(ctx))
}

// TriggerSchedule starts a run of the schedule now, or returns ErrNoSchedule. It returns before the run has started.
func (c *Client) TriggerSchedule(ctx context.Context) error {
	return noSchedule(c.schedule(ctx).Trigger(ctx, client.ScheduleTriggerOptions{}))
}
