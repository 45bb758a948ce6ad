// Package wait waits for a time to pass, and no longer than somebody is interested.
package wait

import (
	"context"
	"time"
)

// For returns nil once the time has passed, or the context's error as soon as that ends.
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
