package overdue

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/workflows"
)

// A schedule that rests over the weekend leaves three days between two runs: silence until then is none.
func TestPeriodIsTheLongestPause(t *testing.T) {
	t.Parallel()
	friday := time.Date(2026, 11, 27, 2, 30, 0, 0, time.UTC)
	stands := workflows.ScheduleStands{Next: []time.Time{friday.AddDate(0, 0, -1), friday, friday.AddDate(0, 0, 3), friday.AddDate(0, 0, 4)}}
	stands.Jitter = 5 * time.Minute
	require.Equal(t, 72*time.Hour+5*time.Minute, period(stands))
	require.Zero(t, period(workflows.ScheduleStands{}), "without a schedule")
}
