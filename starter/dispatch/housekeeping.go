package dispatch

import (
	"context"
	"errors"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"farebook/workflows"
)

// housekeeping is a workflow without input that a schedule starts, one run at a time. The next run does what a missed one would have done.
type housekeeping struct {
	id, workflow, summary string
	spec                  client.ScheduleSpec
	catchup               time.Duration // how late a missed run may start
}

// ensure creates the schedule unless it exists, and reports whether it did. One that an operator has changed or paused is left alone.
func (c *Client) ensure(ctx context.Context, h housekeeping) (bool, error) {
	_, err := describe(ctx, c.temporal.ScheduleClient().GetHandle(ctx, h.id))
	if !errors.Is(err, ErrNoSchedule) {
		return false, err
	}
	_, err = c.temporal.ScheduleClient().Create(ctx, client.ScheduleOptions{
		ID: h.id, Spec: h.spec,
		Action: &client.ScheduleWorkflowAction{
			ID: h.id, Workflow: h.workflow, TaskQueue: c.taskQueue, StaticSummary: h.summary,
			WorkflowTaskTimeout: workflows.WorkflowTaskTimeout,
		},
		Overlap: enumspb.SCHEDULE_OVERLAP_POLICY_SKIP, CatchupWindow: h.catchup,
	})
	return err == nil, err
}
