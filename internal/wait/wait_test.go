package wait_test

import (
	"context"
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

func TestEveryGoesOnUntilItsContextEnds(t *testing.T) {
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
