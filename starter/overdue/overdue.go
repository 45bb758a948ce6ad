// Package overdue watches that reconciliation goes on: a schedule that is paused, a worker that is gone or a run that fails
// every night are silent by themselves.
package overdue

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"farebook/internal/logging"
	"farebook/internal/wait"
	"farebook/store"
	"farebook/workflows"
)

// Watch looks whether a reconciliation has completed lately.
type Watch struct {
	Store     *store.Store
	Workflows *workflows.Client
	// After is how long without one is too long, where the schedule does not leave more between two; zero watches nothing.
	After time.Duration
	Log   *slog.Logger
}

// most is how seldom it looks.
const most = 10 * time.Minute

// Run watches until ctx ends.
func (w Watch) Run(ctx context.Context) {
	if w.After == 0 {
		return
	}
	wait.Every(logging.As(ctx, logging.Reconciliation), max(min(w.After/10, most), 10*time.Millisecond), func(ctx context.Context) {
		if err := w.look(ctx); err != nil && ctx.Err() == nil {
			w.Log.WarnContext(ctx, "whether reconciliation goes on could not be told", "error", err)
		}
	})
}

// look tells finance once for each last good run, and once when a schedule has not led to any. A system without either is not
// reconciled by itself yet.
func (w Watch) look(ctx context.Context) error {
	last, err := w.Store.LastGoodRun(ctx)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	stands, err := w.Workflows.Schedule(ctx)
	if err != nil && !errors.Is(err, workflows.ErrNoSchedule) {
		return err
	}
	since := stands.MadeAt
	if last.CompletedAt != nil {
		since = *last.CompletedAt
	}
	if since.IsZero() || time.Since(since) < max(w.After, period(stands)) {
		return nil
	}
	mails, err := w.Store.TellOfOverdue(ctx, last, time.Now().UTC())
	for _, id := range mails {
		w.Log.ErrorContext(ctx, "no reconciliation has completed lately", "last", last.CorrelationID, "since", since)
		err = errors.Join(err, w.Workflows.SendMail(ctx, id))
	}
	return err
}

// period is the longest time that a schedule leaves between two runs: a run that is not due yet is not missing.
func period(stands workflows.ScheduleStands) (longest time.Duration) {
	for i := 1; i < len(stands.Next); i++ {
		longest = max(longest, stands.Next[i].Sub(stands.Next[i-1]))
	}
	return longest + stands.Jitter
}
