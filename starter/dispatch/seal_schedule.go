package dispatch

import (
	"context"
	"time"

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
	return c.ensure(ctx, housekeeping{
		id: c.SealScheduleID(), workflow: workflows.TypeSealLedger, summary: "Seal the ledger",
		spec:    client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: sealEvery}}},
		catchup: sealEvery,
	})
}
