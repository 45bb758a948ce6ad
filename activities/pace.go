package activities

import (
	"context"
	"time"

	"farebook/internal/stripeapi"
	"farebook/internal/wait"
)

// pace is the token bucket of one run, shared by all of its scans on all workers.
type pace struct {
	of    *Reconciliations
	runID uint64
}

// paced is the Stripe client for the scans of a run, which keeps below the run's rate limit.
func (r *Reconciliations) paced(runID uint64) *stripeapi.Client {
	return r.Stripe.Paced(pace{r, runID})
}

// Wait blocks until the run's next call is allowed.
func (p pace) Wait(ctx context.Context) error {
	turn, err := p.of.Runs.NextCall(ctx, p.runID, time.Duration(float64(time.Second)/p.of.CallsPerSecond))
	if err != nil {
		return err
	}
	return wait.For(ctx, turn)
}
