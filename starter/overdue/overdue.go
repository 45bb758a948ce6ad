// Package overdue watches that reconciliation runs: a schedule that is paused, a worker that is gone or a run that fails
// every night are silent by themselves.
package overdue

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"farebook/internal/logging"
	"farebook/internal/wait"
	"farebook/starter/dispatch"
	"farebook/store"
)

// Watch checks whether a reconciliation has completed lately.
type Watch struct {
	Store     *store.Store
	Workflows *dispatch.Client
	// After is how long without one is too long, where the schedule has one due by then; zero watches nothing.
	After time.Duration
	Log   *slog.Logger
}

// most is the longest time between two checks.
const most = 10 * time.Minute

// Run watches until ctx ends.
func (w Watch) Run(ctx context.Context) {
	if w.After == 0 {
		return
	}
	wait.Every(logging.As(ctx, logging.Reconciliation), max(min(w.After/10, most), 10*time.Millisecond), func(ctx context.Context) {
		err := w.look(ctx)
		if err != nil && ctx.Err() == nil {
			w.Log.WarnContext(ctx, "whether reconciliation runs could not be checked", "error", err)
		}
	})
}

// look tells finance once for each last good run, and once when none has ever completed. A system without bookings has nothing to
// reconcile yet.
func (w Watch) look(ctx context.Context) error {
	last, err := w.Store.LastGoodRun(ctx)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	since, err := w.since(ctx, last)
	if err != nil || since.IsZero() || w.Store.Now().Sub(since) < w.After {
		return err
	}
	due, err := w.due(ctx, since)
	if err != nil || w.Store.Now().Before(due) {
		return err
	}
	mails, err := w.Store.TellOfOverdue(ctx, last, w.Store.Now())
	for _, id := range mails {
		w.Log.ErrorContext(ctx, "no reconciliation has completed lately", "last", last.CorrelationID, "since", since)
		err = errors.Join(err, w.Workflows.SendMail(ctx, id))
	}
	return err
}

// since is when the last good run completed. Where there was none, it is when the schedule was made or the first booking was taken,
// whichever was first: a schedule that was never made is missed, too. It is zero for a system with neither.
func (w Watch) since(ctx context.Context, last store.Run) (time.Time, error) {
	if last.CompletedAt != nil {
		return *last.CompletedAt, nil
	}
	first, err := w.Store.FirstBooking(ctx)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return time.Time{}, err
	}
	stands, err := w.Workflows.Schedule(ctx)
	if errors.Is(err, dispatch.ErrNoSchedule) || err == nil && !first.IsZero() && first.Before(stands.MadeAt) {
		return first, nil
	}
	return stands.MadeAt, err
}

const (
	// horizon is how far ahead the schedule's next run is looked for.
	horizon = 400 * 24 * time.Hour
	// runTime is what a run may take before it is missed.
	runTime = time.Hour
)

// due is when the run has to be over that the schedule had due after a time: one that rests over the weekend is not missed until
// Monday. It is zero where the schedule has none due, or there is no schedule.
func (w Watch) due(ctx context.Context, since time.Time) (time.Time, error) {
	schedule, err := w.Workflows.Schedule(ctx) // first: of one that was deleted, Temporal still says when it would run
	if errors.Is(err, dispatch.ErrNoSchedule) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, err
	}
	next, err := w.Workflows.Due(ctx, since, since.Add(horizon))
	if errors.Is(err, dispatch.ErrNoSchedule) || err == nil && len(next) == 0 {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, err
	}
	return next[0].Add(schedule.Jitter + min(w.After, runTime)), nil
}
