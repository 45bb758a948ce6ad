package storm_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/devstack"
	"farebook/internal/dev/storm"
)

func plan(t *testing.T, seed uint64, long time.Duration) storm.Plan {
	t.Helper()
	root, err := devstack.Root()
	require.NoError(t, err)
	points, err := storm.Failpoints(root)
	require.NoError(t, err)
	require.Subset(t, points.API, points.Worker, "an API carries out steps, too")
	require.Greater(t, len(points.API), len(points.Worker))
	return storm.Plan{Seed: seed, Long: long, Gap: time.Second, Points: points}
}

func TestASeedDrawsTheSameSchedule(t *testing.T) {
	t.Parallel()
	once, again := storm.Schedule(plan(t, 7, 10*time.Minute)), storm.Schedule(plan(t, 7, 10*time.Minute))
	require.Equal(t, once, again)
	require.NotEqual(t, once, storm.Schedule(plan(t, 8, 10*time.Minute)))
	require.Equal(t, once[:100], storm.Schedule(plan(t, 7, 5*time.Minute))[:100], "a shorter storm is the beginning of a longer one")
	require.InDelta(t, 600, len(once), 60, "one a second")
}

func TestAScheduleHasEachKind(t *testing.T) {
	t.Parallel()
	faults := storm.Schedule(plan(t, 1, 2*time.Minute))
	for _, kind := range storm.Kinds() {
		require.True(t, slices.ContainsFunc(faults, func(f storm.Fault) bool { return f.Kind == kind }), "no fault of kind %q", kind)
	}
	require.True(t, slices.IsSortedFunc(faults, func(a, b storm.Fault) int { return int(a.At - b.At) }))
}
