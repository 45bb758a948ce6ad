package test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/fakestripe"
	"farebook/internal/dev/testkit"
	"farebook/starter/dispatch"
)

// removeSchedule deletes the schedule, which would outlive the test.
func removeSchedule(s *testkit.Stack) {
	s.T.Cleanup(func() {
		ctx := context.WithoutCancel(s.T.Context())
		require.NoError(s.T, dispatch.NewClient(s.Temporal, s.Config.TaskQueue).DeleteSchedule(ctx))
	})
}

// The schedule says what it is, and what it would not take; its runs are followed like any other, and one that is still running keeps
// the next from starting.
func TestScheduleIsUnderstood(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	for _, action := range []string{"show", "pause", "trigger"} {
		_, err := starterWith(s, "schedule", action)
		require.ErrorContains(t, err, "there is no schedule yet: create one with", action)
		require.NotContains(t, err.Error(), "workflow not found")
	}
	for says, args := range map[string][]string{
		`--cron "61 2 * * *"`: {"--cron", "61 2 * * *"}, "--jitter": {"--every", "1h", "--jitter", "-5m"}, "--every": {"--every", "100000h"},
		"set the time zone with --time-zone": {"--cron", "CRON_TZ=Asia/Dubai 30 2 * * *"},
		`invalid --time-zone "Local"`:        {"--cron", "0 2 * * *", "--time-zone", "Local"},
		"--time-zone requires --cron":        {"--every", "1h", "--time-zone", "Asia/Dubai"},
	} {
		_, err := starterWith(s, append([]string{"schedule", "apply"}, args...)...)
		require.ErrorContains(t, err, says)
	}
	removeSchedule(s)
	out, err := starterWith(s, "schedule", "apply", "--cron", "30 2 * * *", "--time-zone", "Asia/Dubai", "--jitter", "0s", "--lookback-days",
		"3", "--dry-run")
	require.NoError(t, err)
	require.Contains(t, out, `The schedule is active: at "30 2 * * *" in Asia/Dubai`)
	require.Contains(t, out, "Each run covers the last 3 days, limit 100, scope all, dry run true")
	require.Contains(t, out, "T22:30:00Z", "half past two in Dubai")
	_, err = starterWith(s, "schedule", "pause", "--note", "an audit")
	require.NoError(t, err)
	out, err = starterWith(s, "schedule", "apply", "--every", "6h", "--scope", "ledger")
	require.NoError(t, err)
	require.Contains(t, out, "is paused (an audit): every 6h0m0s")

	s.Stripe.Faults().Add(fakestripe.Fault{Method: http.MethodGet, Path: "/v1/balance_transactions", Kind: fakestripe.FaultHang, Count: 1000})
	out, err = starterWith(s, "schedule", "trigger")
	require.NoError(t, err)
	id := strings.TrimSuffix(strings.Fields(out)[1], ".")
	s.Eventually(func() bool { return s.Stripe.Faults().Hanging() > 0 }, "nothing hangs")
	_, err = starterWith(s, "schedule", "trigger")
	require.ErrorContains(t, err, "no run was started")
	s.Stripe.Faults().Clear()
	out, err = starterWith(s, "reconcile", "follow", id)
	require.NoError(t, err)
	require.Contains(t, out, id+" is completed")
	out, err = starterWith(s, "schedule", "show")
	require.NoError(t, err)
	require.Contains(t, out, "last: "+id)
}

// A schedule that has never led to a run that completed is noticed, too, once.
func TestScheduleThatNeverSucceeded(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{Overdue: time.Second})
	removeSchedule(s)
	out, err := starterWith(s, "schedule", "apply", "--cron", "0 0 30 2 *", "--jitter", "0s") // the 30th of February
	require.NoError(t, err)
	require.Contains(t, out, "next: never")
	s.Eventually(func() bool { return s.FinanceMailCount("reconciliation_overdue") == 1 }, "finance did not hear of it; logs:\n%s", s.Logs)
	s.AwaitQuiet()
	require.Equal(t, 1, s.DB.Count(t, "SELECT COUNT(*) FROM emails WHERE kind = 'reconciliation_overdue'"))
}
