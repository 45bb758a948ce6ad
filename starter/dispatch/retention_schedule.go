package dispatch

import (
	"context"
	"time"

	"go.temporal.io/sdk/client"

	"farebook/workflows"
)

// retentionCatchup is how late a missed night may start: the next night empties the same.
const retentionCatchup = time.Hour

// RetentionScheduleID names the schedule that empties what is older than its period.
func (c *Client) RetentionScheduleID() string { return workflows.TypeRetention + ":" + c.taskQueue }

// EnsureRetention creates the schedule of the nightly run of retention if there is no such schedule, and reports whether it did. One that
// an operator has changed or paused stays as it is. Without RETENTION a run does nothing.
func (c *Client) EnsureRetention(ctx context.Context) (bool, error) {
	return c.ensure(ctx, housekeeping{
		id: c.RetentionScheduleID(), workflow: workflows.TypeRetention, summary: "Empty what is older than its period",
		spec:    client.ScheduleSpec{CronExpressions: []string{"45 3 * * *"}, Jitter: 15 * time.Minute},
		catchup: retentionCatchup,
	})
}
