// Package wait waits for a time to pass, once or again and again, and no longer than somebody is interested.
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

// Every does something each time so much time has passed, the first time after one, until the context ends. What takes longer
// than the time is done at once again, and no more than that.
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
