package dispatch

import (
	"context"
	"errors"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"farebook/workflows"
)

// sealEvery is how often the ledger is sealed: until then a change of a new transaction is not found.
const sealEvery = time.Hour

// SealScheduleID names the schedule that seals the ledger of a system.
func (c *Client) SealScheduleID() string { return workflows.TypeSealLedger + ":" + c.taskQueue }

// EnsureSealing creates the schedule that seals the ledger every hour if there is no such schedule, and reports whether it did. One that an
// operator has changed or paused stays as it is.
func (c *Client) EnsureSealing(ctx context.Context) (bool, error) {
	_, err := describe(ctx, c.temporal.ScheduleClient().GetHandle(ctx, c.SealScheduleID()))
	if !errors.Is(err, ErrNoSchedule) {
		return false, err
	}
	_, err = c.temporal.ScheduleClient().Create(ctx, client.ScheduleOptions{
		ID:   c.SealScheduleID(),
		Spec: client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: sealEvery}}},
		Action: &client.ScheduleWorkflowAction{
			ID: c.SealScheduleID(), Workflow: workflows.TypeSealLedger, TaskQueue: c.taskQueue, StaticSummary: "Seal the ledger",
			WorkflowTaskTimeout: workflows.WorkflowTaskTimeout,
		},
		Overlap: enumspb.SCHEDULE_OVERLAP_POLICY_SKIP, CatchupWindow: sealEvery,
	})
	return err == nil, err
}
