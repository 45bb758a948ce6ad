package admin_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/admin"
	"farebook/internal/config"
	"farebook/internal/health"
)

func start(t *testing.T, pprof bool, checks ...health.Check) string {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	metrics := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "farebook_up 1\n") })
	server, err := admin.Start(t.Context(), config.Admin{Addr: "127.0.0.1:0", Pprof: pprof},
		admin.Routes{Metrics: metrics, Health: admin.Health(log, checks...)}, log)
	require.NoError(t, err)
	t.Cleanup(server.Stop)
	return "http://" + server.Addr().String()
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	return response.StatusCode, string(body)
}

func TestServesMetricsAndHealth(t *testing.T) {
	t.Parallel()
	url := start(t, false)
	for path, want := range map[string]string{"/metrics": "farebook_up 1\n", "/healthz": `{"status":"ok"}` + "\n", "/readyz": `{"status":"ok"}` + "\n"} {
		status, body := get(t, url+path)
		require.Equal(t, http.StatusOK, status, path)
		require.Equal(t, want, body, path)
	}
	status, _ := get(t, url+"/v1/bookings")
	require.Equal(t, http.StatusNotFound, status)
}

// Profiles show memory, so they are served on request only.
func TestServesProfilesOnlyOnRequest(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/debug/pprof/", "/debug/pprof/heap", "/debug/pprof/goroutine", "/debug/pprof/symbol"} {
		status, _ := get(t, start(t, false)+path)
		require.Equal(t, http.StatusNotFound, status, path)
		status, _ = get(t, start(t, true)+path)
		require.Equal(t, http.StatusOK, status, path)
	}
}

// /readyz names what does not work, and hides the error, which may have a password in it.
func TestReadyNamesWhatFails(t *testing.T) {
	t.Parallel()
	works := health.Check{Name: "temporal", Message: "does not answer", Ask: func(context.Context) error { return nil }}
	fails := health.Check{Name: "mysql", Message: "does not answer", Ask: func(context.Context) error { return errors.New("password=hidden") }}
	url := start(t, false, works, fails)
	status, body := get(t, url+"/readyz")
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.JSONEq(t, `{"status": "not ready", "errors": [{"part": "mysql", "message": "does not answer"}]}`, body)
	status, _ = get(t, url+"/healthz")
	require.Equal(t, http.StatusOK, status)
}

func TestListensNowhereWithoutAnAddress(t *testing.T) {
	t.Parallel()
	server, err := admin.Start(t.Context(), config.Admin{}, admin.Routes{}, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	require.Nil(t, server.Addr())
	server.Stop()
}

func TestNamesTheVariableOfAnAddressInUse(t *testing.T) {
	t.Parallel()
	taken := start(t, false)[len("http://"):]
	_, err := admin.Start(t.Context(), config.Admin{Addr: taken}, admin.Routes{}, slog.New(slog.DiscardHandler))
	require.ErrorContains(t, err, "ADMIN_ADDR")
}
