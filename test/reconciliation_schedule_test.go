package test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testkit"
	"farebook/starter/dispatch"
)

// When no run has completed for too long, finance gets one email.
func TestFinanceHearsOfAnOverdueReconciliationOnce(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{Overdue: 2 * time.Second})
	reconcile(s, `{"scope":"payments"}`)
	reconcile(s, `{}`)
	s.Eventually(func() bool { return s.FinanceMailCount("reconciliation_overdue") == 1 }, "finance did not hear of it")
	s.AwaitQuiet()
	require.Equal(t, 1, s.DB.Count(t, "SELECT COUNT(*) FROM emails WHERE kind = 'reconciliation_overdue'"))
}

// The schedule is created, changed, paused, resumed and triggered. Its run is like any other.
func TestScheduleIsChangedPausedResumedAndTriggered(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	s.BookAndPay("scheduled", nil)
	s.AwaitQuiet()
	t.Cleanup(func() {
		client := dispatch.NewClient(s.Temporal, s.Config.TaskQueue)
		require.NoError(t, client.DeleteSchedule(context.WithoutCancel(t.Context())))
	})
	for _, args := range [][]string{
		{"apply", "--cron", "30 2 * * *", "--time-zone", "Asia/Dubai"},
		{"apply", "--every", "6h", "--lookback-days", "3"},
		{"pause", "--note", "an audit"},
		{"resume"},
		{"trigger"},
	} {
		out, err := starterWith(s, append([]string{"schedule"}, args...)...)
		require.NoError(t, err, "%v: %s", args, out)
	}
	s.Eventually(func() bool {
		return s.DB.Count(t, "SELECT COUNT(*) FROM reconciliation_runs WHERE status = 'completed' AND lookback_days = 3 AND scanned > 0") == 1
	}, "the schedule's run did not complete; logs:\n%s", s.Logs)
	for says, args := range map[string][]string{
		"and not both": {"apply"}, "IANA": {"apply", "--cron", "0 2 * * *", "--time-zone", "Mars"}, "must be from 1m": {"apply", "--every", "1s"},
		"--lookback-days": {"apply", "--every", "1h", "--lookback-days", "0"},
	} {
		_, err := starterWith(s, append([]string{"schedule"}, args...)...)
		require.ErrorContains(t, err, says)
	}
}
