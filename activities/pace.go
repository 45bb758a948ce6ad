package activities

import (
	"context"
	"time"

	"farebook/internal/stripeapi"
	"farebook/internal/wait"
)

// pace is the token bucket of one run, shared by all of its scans on whatever worker they are.
type pace struct {
	of    *Reconciliations
	runID uint64
}

// paced is Stripe for the scans of a run, below its limit.
func (r *Reconciliations) paced(runID uint64) *stripeapi.Client {
	return r.Stripe.Paced(pace{r, runID})
}

// Wait returns when the run's next call may be made.
func (p pace) Wait(ctx context.Context) error {
	turn, err := p.of.Store.NextCall(ctx, p.runID, time.Duration(float64(time.Second)/p.of.CallsPerSecond))
	if err != nil {
		return err
	}
	return wait.For(ctx, turn)
}
