package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/stretchr/testify/require"
)

// A report waits for its turn, and is answered with 503 when it does not come.
func TestReportsTakeTurns(t *testing.T) {
	t.Parallel()
	reading := make(chan struct{}, 1)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	err := inTurn(t.Context(), reading, func() error {
		busy := inTurn(ended, reading, func() error {
			t.Error("two reports are read at once")
			return nil
		})
		var refused interface{ GetStatus() int }
		require.ErrorAs(t, busy, &refused)
		require.Equal(t, http.StatusServiceUnavailable, refused.GetStatus())
		return http.ErrAbortHandler
	})
	require.ErrorIs(t, err, http.ErrAbortHandler, "the error of the report itself")
	require.NoError(t, inTurn(t.Context(), reading, func() error { return nil }), "a report that failed gives its turn back")
}

// deadlined is an answer on a connection whose time to write is over.
type deadlined struct {
	*httptest.ResponseRecorder

	until time.Time
}

func (d *deadlined) SetWriteDeadline(at time.Time) error { d.until = at; return nil }

func (d *deadlined) Write(p []byte) (int, error) {
	if time.Now().After(d.until) {
		return 0, os.ErrDeadlineExceeded
	}
	return d.ResponseRecorder.Write(p)
}

// A report that fails before its first chunk is answered with a problem, also after longer than other answers may take.
func TestALongReportThatFailsIsAnswered(t *testing.T) {
	t.Parallel()
	late := &deadlined{ResponseRecorder: httptest.NewRecorder()}
	request := httptest.NewRequest(http.MethodGet, "/v1/ledger/balances", http.NoBody)
	hctx := humago.NewContext(&huma.Operation{}, request, &watched{ResponseWriter: late, body: &trackedBody{ended: true}})
	a := &api{Deps: Deps{Log: slog.New(slog.DiscardHandler)}}
	a.failReport(t.Context(), humago.New(http.NewServeMux(), humaConfig()), newReportStream(hctx, "text/csv"), errors.New("no books"))
	require.Equal(t, http.StatusInternalServerError, late.Code)
	require.Contains(t, late.Body.String(), "urn:farebook:problem:internal")
}
