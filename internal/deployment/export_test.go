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
