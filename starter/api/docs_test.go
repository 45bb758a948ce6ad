package api_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"log/slog"
	"net/http"
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testdb"
	"farebook/internal/logging"
	"farebook/starter/api"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// The OpenAPI document is what others build clients from: a change is seen here first.
func TestOpenAPIGolden(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	got := s.do(http.MethodGet, "/openapi.json", nil, "Authorization", "")
	require.Equal(t, http.StatusOK, got.status)
	const golden = "testdata/openapi.json"
	if *update {
		require.NoError(t, os.WriteFile(golden, append(got.body, '\n'), 0o600))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.JSONEq(t, string(want), string(got.body), "run `go test ./starter/api -update` and read the difference")

	var document struct {
		OpenAPI string
		Paths   map[string]map[string]any
	}
	require.NoError(t, json.Unmarshal(got.body, &document))
	require.Equal(t, "3.1.0", document.OpenAPI)
	for path, method := range map[string]string{
		"/v1/bookings": "post", "/v1/bookings/{reference}": "get", "/v1/bookings/{reference}/ledger": "get",
		"/v1/bookings/{reference}/cancel": "post", "/webhooks/stripe": "post", "/healthz": "get", "/readyz": "get", "/readyz/webhooks": "get",
	} {
		require.Contains(t, document.Paths[path], method, path)
	}
}

// The page and all that it loads come from here.
func TestDocsWorkOffline(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	page := s.do(http.MethodGet, "/docs", nil, "Authorization", "")
	require.Equal(t, http.StatusOK, page.status)
	require.Contains(t, page.header.Get("Content-Security-Policy"), "default-src 'none'")
	require.NotContains(t, string(page.body), "//", "no address of another host")
	links := regexp.MustCompile(`(?:src|href|apiDescriptionUrl)="(/[^"]+)"`).FindAllSubmatch(page.body, -1)
	require.Len(t, links, 3)
	for _, link := range links {
		require.Equal(t, http.StatusOK, s.do(http.MethodGet, string(link[1]), nil, "Authorization", "").status, "%s", link[1])
	}
}

// What callers send, good or bad, stays out of the log; each line bears the request's correlation id.
func TestLogsOfRequests(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	s := serve(t, func(db *testdb.DB, deps *api.Deps) {
		withoutTemporal(t)(db, deps)
		deps.Log = slog.New(logging.New(&out, "api", "debug").Handler())
	})
	s.book([]byte(validBody()), "X-Correlation-ID", "request-0001")
	s.book([]byte(`{"customer":{"name":"Layla`), "X-Correlation-ID", "request-0001")
	s.do(http.MethodGet, "/layla@example.com/"+stripeKey, nil, "X-Correlation-ID", "request-0001")
	s.deliver("t=1,v1=00", event("evt_1"), "X-Correlation-ID", "request-0001")
	for _, canary := range []string{"Layla", "layla@", "4242424242424242", stripeKey, webhookSecret, s.token, "key-1"} {
		require.NotContains(t, out.String(), canary)
	}
	lines := bytes.Split(bytes.TrimSpace(out.Bytes()), []byte("\n"))
	require.GreaterOrEqual(t, len(lines), 4)
	for _, line := range lines {
		require.Contains(t, string(line), `"correlationId":"request-0001"`)
	}
}
