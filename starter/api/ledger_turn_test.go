package api

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// A report waits for its turn, and is answered with 503 when it does not come.
func TestReportsTakeTurns(t *testing.T) {
	t.Parallel()
	a := &api{reading: make(chan struct{}, 1)}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	err := a.inTurn(t.Context(), func() error {
		busy := a.inTurn(ended, func() error {
			t.Error("two reports are read at once")
			return nil
		})
		var refused interface{ GetStatus() int }
		require.ErrorAs(t, busy, &refused)
		require.Equal(t, http.StatusServiceUnavailable, refused.GetStatus())
		return http.ErrAbortHandler
	})
	require.ErrorIs(t, err, http.ErrAbortHandler, "the error of the report itself")
	require.NoError(t, a.inTurn(t.Context(), func() error { return nil }), "a report that failed gives its turn back")
}
