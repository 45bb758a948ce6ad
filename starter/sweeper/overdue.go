package sweeper

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"farebook/internal/logging"
	"farebook/internal/wait"
	"farebook/starter/dispatch"
	"farebook/store"
	"farebook/store/recon"
)

// OverdueCheck emails finance when no reconciliation has completed in time. A paused schedule, a missing worker and a run that fails
// every night cause no error anywhere else.
type OverdueCheck struct {
	Store    *store.Store
	Dispatch *dispatch.Client
	// After is the longest accepted time without a completed reconciliation, unless the schedule has none due by then; zero disables
	// the check.
	After time.Duration
	Log   *slog.Logger
}

// maxInterval bounds the time between two checks.
const maxInterval = 10 * time.Minute

// Run checks ten times per c.After, and at least every maxInterval, until ctx ends.
func (c OverdueCheck) Run(ctx context.Context) {
	if c.After == 0 {
		return
	}
	interval := max(min(c.After/10, maxInterval), 10*time.Millisecond)
	wait.Repeat(logging.As(ctx, logging.Reconciliation), interval, c.Log,
		"the check for overdue reconciliations failed; the next one repeats it", c.check)
}

// check queues one email for each last completed run, and one when no run has ever completed: the email's unique key makes a repetition
// harmless. A system without bookings and schedule has nothing to reconcile and is never overdue.
func (c OverdueCheck) check(ctx context.Context) error {
	last, err := recon.New(c.Store).LastGoodRun(ctx)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	since, err := c.since(ctx, last)
	if err != nil || since.IsZero() || c.Store.Now().Sub(since) < c.After {
		return err
	}
	due, err := c.due(ctx, since)
	if err != nil || c.Store.Now().Before(due) {
		return err
	}
	emails, err := recon.New(c.Store).TellOfOverdue(ctx, last, c.Store.Now())
	for _, id := range emails {
		c.Log.ErrorContext(ctx, "no reconciliation has completed in time", "last", last.CorrelationID, "since", since)
		err = errors.Join(err, c.Dispatch.SendEmail(ctx, id))
	}
	return err
}

// since is when the last run completed. Before the first one it is the creation of the schedule or of the first booking, whichever was
// earlier, so that a schedule that nobody created is noticed too. It is zero for a system with neither.
func (c OverdueCheck) since(ctx context.Context, last recon.Run) (time.Time, error) {
	if last.CompletedAt != nil {
		return *last.CompletedAt, nil
	}
	firstBooking, err := c.Store.FirstBooking(ctx)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return time.Time{}, err
	}
	schedule, err := c.Dispatch.Schedule(ctx)
	if errors.Is(err, dispatch.ErrNoSchedule) {
		return firstBooking, nil
	}
	if err == nil && !firstBooking.IsZero() && firstBooking.Before(schedule.CreatedAt) {
		return firstBooking, nil
	}
	return schedule.CreatedAt, err
}

const (
	// horizon is how far ahead of since the schedule's next run is searched for.
	horizon = 400 * 24 * time.Hour
	// runTime is how long a run may take after it was due.
	runTime = time.Hour
)

// due is the latest time at which the run that the schedule has next after since must be complete: a schedule that pauses over the
// weekend is not overdue before Monday. It is zero without a schedule, and for a schedule without a further run.
func (c OverdueCheck) due(ctx context.Context, since time.Time) (time.Time, error) {
	schedule, err := c.Dispatch.Schedule(ctx) // first, because Temporal answers matching times for a deleted schedule too
	if errors.Is(err, dispatch.ErrNoSchedule) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, err
	}
	next, err := c.Dispatch.Due(ctx, since, since.Add(horizon))
	if errors.Is(err, dispatch.ErrNoSchedule) || err == nil && len(next) == 0 {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, err
	}
	return next[0].Add(schedule.Jitter + min(c.After, runTime)), nil
}
