package sweeper_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testkit"
	"farebook/reconciliation"
	"farebook/starter/dispatch"
	"farebook/starter/sweeper"
	"farebook/store/recon"
)

// completed is a reconciliation that completed so long ago.
func completed(t *testing.T, books *testkit.Books, ago time.Duration) {
	t.Helper()
	books.Clock.Advance(-ago)
	defer books.Clock.Advance(ago)
	at := books.Clock.Now()
	run, err := recon.New(books.Store).BeginRun(t.Context(), recon.Run{
		CorrelationID: books.ID("recon"), Options: reconciliation.Options{LookbackDays: 7, Scope: reconciliation.ScopeAll},
		WindowStart: at, WindowEnd: at, StartedAt: at,
	})
	require.NoError(t, err)
	run.Status = recon.RunCompleted
	require.NoError(t, recon.New(books.Store).EndRun(t.Context(), run))
}

// told tells whether one check has queued an email to finance.
func told(t *testing.T, books *testkit.Books, after time.Duration) bool {
	t.Helper()
	check := sweeper.OverdueCheck{Store: books.Store, Dispatch: books.Dispatch, After: after, Log: slog.New(slog.DiscardHandler)}
	require.NoError(t, check.Check(t.Context()))
	return books.Count(t, "SELECT COUNT(*) FROM emails WHERE kind = 'reconciliation_overdue'") == 1
}

func apply(t *testing.T, books *testkit.Books, schedule dispatch.Schedule) {
	t.Helper()
	require.NoError(t, books.Dispatch.ApplySchedule(t.Context(), schedule))
	t.Cleanup(func() { require.NoError(t, books.Dispatch.DeleteSchedule(context.WithoutCancel(t.Context()))) })
}

// A system that takes bookings and has never been reconciled is overdue, also when nobody has made a schedule.
func TestNeverReconciledIsOverdue(t *testing.T) {
	t.Parallel()
	books := testkit.NewBooks(t)
	require.False(t, told(t, books, 26*time.Hour), "without bookings there is nothing to reconcile")
	books.Book("first", time.Hour)
	require.False(t, told(t, books, 26*time.Hour), "a day has to pass first")
	books.Clock.Advance(27 * time.Hour)
	require.True(t, told(t, books, 26*time.Hour))
}

// A schedule that somebody has deleted, or that Temporal has lost, is missed, too: its runs completed once, and no more come.
func TestDeletedScheduleIsOverdue(t *testing.T) {
	t.Parallel()
	books := testkit.NewBooks(t)
	require.NoError(t, books.Dispatch.ApplySchedule(t.Context(), dispatch.Schedule{Every: time.Hour}))
	completed(t, books, 27*time.Hour)
	require.NoError(t, books.Dispatch.DeleteSchedule(t.Context()))
	require.True(t, told(t, books, 26*time.Hour))
}

// A run that was due is missed after 26 hours, counted from the last one, although the schedule rests for a month after it.
func TestOverdueCountsFromTheLastRun(t *testing.T) {
	t.Parallel()
	books := testkit.NewBooks(t)
	due := time.Now().Add(-3 * time.Hour).UTC()
	apply(t, books, dispatch.Schedule{Cron: fmt.Sprintf("%d %d %d * *", due.Minute(), due.Hour(), due.Day()), TimeZone: "UTC"})
	completed(t, books, 26*time.Hour+30*time.Minute)
	require.True(t, told(t, books, 26*time.Hour))
}

// A schedule that rests for days is not missed before its next run is over, and is missed then.
func TestRestingScheduleIsNotOverdue(t *testing.T) {
	t.Parallel()
	books := testkit.NewBooks(t)
	const week = 7 * 24 * time.Hour
	apply(t, books, dispatch.Schedule{Every: week, Jitter: time.Minute})
	next, err := books.Dispatch.Due(t.Context(), time.Now(), time.Now().Add(week))
	require.NoError(t, err)
	require.Len(t, next, 1)
	completed(t, books, time.Since(next[0].Add(-week).Add(time.Second)))
	require.False(t, told(t, books, time.Millisecond))
	books.Clock.Advance(week + 26*time.Hour)
	require.True(t, told(t, books, time.Millisecond))
}
