package clock_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/clock"
)

func TestMovableClockRunsFromWhereItWasSet(t *testing.T) {
	t.Parallel()
	var movable clock.Movable
	require.WithinDuration(t, clock.System{}.Now(), movable.Now(), time.Minute)
	movable.Advance(25 * time.Hour)
	first := movable.Now()
	require.WithinDuration(t, clock.System{}.Now().Add(25*time.Hour), first, time.Minute)
	require.Equal(t, time.UTC, first.Location())
	require.Eventually(t, func() bool { return movable.Now().After(first) }, time.Minute, time.Millisecond, "the clock stands still")
	movable.Advance(-25 * time.Hour)
	require.WithinDuration(t, clock.System{}.Now(), movable.Now(), time.Minute)
}

func TestMovableClockIsNotSetBackToAnEarlierTime(t *testing.T) {
	t.Parallel()
	var movable clock.Movable
	later := movable.Now().Add(10 * 24 * time.Hour)
	movable.AdvanceTo(later)
	require.WithinDuration(t, later, movable.Now(), time.Minute)
	movable.AdvanceTo(later.Add(-24 * time.Hour))
	require.False(t, movable.Now().Before(later))
}

func TestStandingClockMovesOnlyWhenItIsMoved(t *testing.T) {
	t.Parallel()
	var movable clock.Movable
	start := time.Date(2027, 3, 28, 0, 30, 0, 0, time.UTC)
	movable.StandAt(start)
	require.Equal(t, start, movable.Now())
	movable.Advance(time.Hour)
	require.Equal(t, start.Add(time.Hour), movable.Now())
	movable.AdvanceTo(start)
	require.Equal(t, start.Add(time.Hour), movable.Now())
	movable.AdvanceTo(start.Add(2 * time.Hour))
	require.Equal(t, start.Add(2*time.Hour), movable.Now())
}
