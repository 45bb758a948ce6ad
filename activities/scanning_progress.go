package activities

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
)

// scanPatience is how long a scan is tried again without getting any further. Then its run ends with the reason: an outage of
// hours is something to know, and the next run finds the same.
const scanPatience = 3 * time.Hour

// moved keeps how far a scan is, and when it came there.
func (r *Reconciliations) moved(ctx context.Context, at *Scanned) {
	at.Moved = r.Store.Now()
	if activity.IsActivity(ctx) {
		activity.RecordHeartbeat(ctx, *at)
	}
}

// alive says that an activity is at work, and leaves the place that it keeps as it is.
func alive(ctx context.Context) {
	if activity.IsActivity(ctx) {
		activity.RecordHeartbeat(ctx, resume(ctx))
	}
}

// unlessStuck makes the failure of a scan the last one when it has not got any further for scanPatience.
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
