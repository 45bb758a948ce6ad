// Package wait waits for a duration, once or repeatedly, until a context ends. It imports the standard library only: libraries
// for retries (such as cenkalti/backoff) repeat what fails, and Temporal does that here.
package wait

import (
	"context"
	"time"
)

// For returns nil after d, or the context's error as soon as it ends.
func For(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Every calls do once per interval until ctx ends, for the first time after one interval. If do takes longer than the interval,
// the next call follows immediately, and missed ones are dropped.
func Every(ctx context.Context, d time.Duration, do func(context.Context)) {
	ticker := time.NewTicker(d)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			do(ctx)
		}
	}
}
