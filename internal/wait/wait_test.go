package wait_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/wait"
)

func TestForEndsWithItsTimeOrItsContext(t *testing.T) {
	t.Parallel()
	require.NoError(t, wait.For(t.Context(), time.Millisecond))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, wait.For(ctx, time.Hour), context.Canceled)
}

func TestEveryRepeatsUntilItsContextEnds(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	times := 0
	wait.Every(ctx, time.Millisecond, func(context.Context) {
		if times++; times == 3 {
			cancel()
		}
	})
	require.GreaterOrEqual(t, times, 3)
}

// An error of one call is logged and does not end the repetition; one that the end of the context causes is not logged.
func TestRepeatLogsErrorsUntilItsContextEnds(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	var logged bytes.Buffer
	times := 0
	wait.Repeat(ctx, time.Millisecond, slog.New(slog.NewTextHandler(&logged, nil)), "it failed", func(context.Context) error {
		times++
		switch times {
		case 1:
			return errors.New("an outage")
		case 2:
			return nil
		default:
			cancel()
			return errors.New("the end")
		}
	})
	require.GreaterOrEqual(t, times, 3)
	require.Equal(t, 1, strings.Count(logged.String(), "\n"), logged.String())
	require.Contains(t, logged.String(), `level=WARN msg="it failed" error="an outage"`)
}
