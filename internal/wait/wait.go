// Package wait waits for a duration, once or repeatedly, until a context ends. It imports the standard library only: libraries
// for retries (such as cenkalti/backoff) repeat what fails, and Temporal does that here.
package wait

import (
	"context"
	"log/slog"
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

type othersKey struct{}

// ForOthers waits as For does, for what others do meanwhile: a workflow, another request. WithOthers can have them do it in another time.
func ForOthers(ctx context.Context, d time.Duration) error {
	if let, ok := ctx.Value(othersKey{}).(func(time.Duration)); ok {
		let(d)
		return ctx.Err()
	}
	return For(ctx, d)
}

// WithOthers has ForOthers call let, which lets the others act for d. A simulation plays them in the same process, in its own time.
func WithOthers(ctx context.Context, let func(d time.Duration)) context.Context {
	return context.WithValue(ctx, othersKey{}, let)
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

// Repeat calls do as Every does, and logs an error of do as a warning with the text failed, unless ctx has ended.
func Repeat(ctx context.Context, d time.Duration, log *slog.Logger, failed string, do func(context.Context) error) {
	Every(ctx, d, func(ctx context.Context) {
		err := do(ctx)
		if err != nil && ctx.Err() == nil {
			log.WarnContext(ctx, failed, "error", err)
		}
	})
}
