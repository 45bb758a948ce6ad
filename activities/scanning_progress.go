package activities

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
)

// scanPatience is how long a scan is retried without progress. After that its run ends with the reason: operators should know of an outage
// of hours, and the next run finds the same.
const scanPatience = 3 * time.Hour

// moved records the progress of a scan and its time in the heartbeat.
func (r *Reconciliations) moved(ctx context.Context, at *Scanned) {
	at.Moved = r.Store.Now()
	if activity.IsActivity(ctx) {
		activity.RecordHeartbeat(ctx, *at)
	}
}

// alive sends a heartbeat that keeps the recorded progress.
func alive(ctx context.Context) {
	if activity.IsActivity(ctx) {
		activity.RecordHeartbeat(ctx, resume(ctx))
	}
}

// unlessStuck makes the failure of a scan non-retryable when the scan has made no progress for scanPatience.
func (r *Reconciliations) unlessStuck(ctx context.Context, at Scanned, err error) error {
	if err == nil || final(err) || ctx.Err() != nil || !activity.IsActivity(ctx) {
		return err
	}
	since := at.Moved
	if since.IsZero() {
		since = activity.GetInfo(ctx).ScheduledTime
	}
	if r.Store.Now().Sub(since) < scanPatience {
		return err
	}
	return temporal.NewNonRetryableApplicationError(fmt.Sprintf("no progress for more than %s: %s", scanPatience, err), ScanStuck, nil)
}
