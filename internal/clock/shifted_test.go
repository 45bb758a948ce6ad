package clock_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/clock"
)

func TestShiftedClockFollowsItsFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "offset")
	shifted := clock.NewShifted(path)
	ahead := func() time.Duration { return shifted.Now().Sub(clock.System{}.Now()).Round(time.Minute) }
	require.Zero(t, ahead(), "no file yet")
	for text, offset := range map[string]time.Duration{"2h\n": 2 * time.Hour, "-30m": -30 * time.Minute} {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		require.Equal(t, offset, ahead())
		require.NoError(t, os.WriteFile(path, []byte("soon"), 0o600))
		require.Equal(t, offset, ahead(), "the last offset stays where the file has none")
	}
	require.Equal(t, time.UTC, shifted.Now().Location())
}
