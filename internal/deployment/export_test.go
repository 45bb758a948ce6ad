package deployment

import (
	"context"
	"time"
)

// TrustFor is how long an answer is valid.
const TrustFor = trustFor

// SetNow replaces the clock.
func (w *Watch) SetNow(now func() time.Time) { w.now = now }

// Patiently asks for a change as Promote, Ramp and Rollback do.
func Patiently(ctx context.Context, ask func(context.Context, string) (string, error), o string) (string, error) {
	return patiently(ctx, ask, o)
}

// MakeCurrent makes a build current as Promote and Rollback do that have read an earlier status.
func (d Deployment) MakeCurrent(ctx context.Context, earlier Status, to Build) error {
	return d.makeCurrent(ctx, earlier, to)
}

// RampAfter ramps a build as Ramp does that has read an earlier status.
func (d Deployment) RampAfter(ctx context.Context, earlier Status, to Build, percentage float32) error {
	return d.ramp(ctx, earlier, to, percentage)
}
