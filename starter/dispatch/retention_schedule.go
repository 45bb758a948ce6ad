package dispatch

import (
	"context"
	"errors"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"farebook/workflows"
)

// retentionCatchup is how late a missed night may start: the next night empties the same.
const retentionCatchup = time.Hour

// RetentionScheduleID names the schedule that empties what was kept for long enough.
func (c *Client) RetentionScheduleID() string { return workflows.TypeRetention + ":" + c.taskQueue }

// EnsureRetention creates the schedule of the nightly run of retention if there is no such schedule, and reports whether it did. One that
// an operator has changed or paused stays as it is. Without RETENTION a run does nothing.
func (c *Client) EnsureRetention(ctx context.Context) (bool, error) {
	_, err := describe(ctx, c.temporal.ScheduleClient().GetHandle(ctx, c.RetentionScheduleID()))
	if !errors.Is(err, ErrNoSchedule) {
		return false, err
	}
	_, err = c.temporal.ScheduleClient().Create(ctx, client.ScheduleOptions{
		ID:   c.RetentionScheduleID(),
		Spec: client.ScheduleSpec{CronExpressions: []string{"45 3 * * *"}, Jitter: 15 * time.Minute},
		Action: &client.ScheduleWorkflowAction{
			ID: c.RetentionScheduleID(), Workflow: workflows.TypeRetention, TaskQueue: c.taskQueue,
			StaticSummary: "Empty what was kept for long enough", WorkflowTaskTimeout: workflows.WorkflowTaskTimeout,
		},
		Overlap: enumspb.SCHEDULE_OVERLAP_POLICY_SKIP, CatchupWindow: retentionCatchup,
	})
	return err == nil, err
}
