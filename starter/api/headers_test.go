package api_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testdb"
	"farebook/internal/logging"
	"farebook/starter/api"
)

// safeBuffer is a log that several requests write at once.
type safeBuffer struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.text.Write(p)
}

func (b *safeBuffer) String() string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.text.String()
}

// loggingTo has an API write its log into out.
func loggingTo(out *safeBuffer) func(*testdb.DB, *api.Deps) {
	return func(_ *testdb.DB, deps *api.Deps) { deps.Log = slog.New(logging.New(out, "api", "debug").Handler()) }
}

// strangeHeaders are values of headers that no operation reads, and that a library might parse.
var strangeHeaders = []struct{ name, value string }{
	{"Accept", "application/json;,text/html"},
	{"Accept", ";"},
	{"Accept", ";;;,,,"},
	{"Accept", "application/json;q"},
	{"Accept", "json"},
	{"Accept", "application/json; q=0.5"},
	{"Accept", "application/json;q=0"},
	{"Accept", "text/html"},
	{"Accept", "application/cbor"},
	{"Accept", "\xff\xfe;,\xff"},
	{"Accept", strings.Repeat("a/b;,", 1000)},
	{"Accept-Encoding", ";,gzip;q"},
	{"Accept-Language", ";;"},
	{"Cookie", "=;=;\"; a=\xff"},
	{"Range", "bytes=5-1,-"},
	{"If-Range", "\""},
	{"If-None-Match", "*, \"\xff"},
	{"If-Match", "*"},
	{"If-Modified-Since", "never"},
	{"Content-Encoding", "gzip;,"},
	{"Forwarded", "for=;;\"\""},
	{"X-Forwarded-For", ",,,"},
	{"X-Forwarded-For", "198.51.100.1, [::1]:80, \xff"},
	{"X-HTTP-Method-Override", "DELETE"},
	{"Traceparent", "00-\xff"},
	{"Upgrade", "h2c, websocket"},
}

// No header changes the form of an answer, and none makes it fail: a booking is never taken while its answer is 500.
func TestStrangeHeadersAreNotParsed(t *testing.T) {
	t.Parallel()
	var log safeBuffer
	s := serve(t, func(db *testdb.DB, deps *api.Deps) {
		withoutTemporal(t)(db, deps)
		loggingTo(&log)(db, deps)
	})
	for _, c := range strangeHeaders {
		ok := s.do(http.MethodGet, "/healthz", nil, c.name, c.value)
		require.Equal(t, http.StatusOK, ok.status, "%s: %q %s", c.name, c.value, ok.body)
		require.Equal(t, "application/json", ok.header.Get("Content-Type"), "%s: %q", c.name, c.value)
		missing := s.do(http.MethodGet, "/v1/bookings/FB-22222222", nil, c.name, c.value)
		require.Equal(t, http.StatusNotFound, missing.status, "%s: %q", c.name, c.value)
		missing.problem(t)
		refused := s.book([]byte(`{}`), c.name, c.value)
		require.Equal(t, http.StatusUnprocessableEntity, refused.status, "%s: %q", c.name, c.value)
		refused.problem(t)
	}
	s.requireNothing()
	require.NotContains(t, log.String(), "request handler panicked")
}

// A query that no operation takes is refused by name; one that two readers might read differently is refused whole.
func TestStrangeQueriesAreRefused(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	get := func(query string) problemBody {
		got := s.raw("GET /healthz?" + query + " HTTP/1.1\r\nHost: farebook\r\nConnection: close\r\n\r\n")
		require.Equal(t, http.StatusUnprocessableEntity, got.status, "%q: %s", query, got.body)
		require.Less(t, len(got.body), 8192)
		p := got.problem(t)
		require.NotEmpty(t, p.Instance, query)
		return p
	}
	for _, query := range []string{"a=b", "a", "%ff=1", "%61", "a=%ff", "=1", "a[b]=c", "reference=FB-22222222"} {
		p := get(query)
		require.Equal(t, "urn:farebook:problem:invalid-request", p.Type, query)
		require.Contains(t, p.Errors[0].Location, "query.", query)
	}
	for _, query := range []string{"%", "%zz", ";", "a;b", "a=%", "a=1&a=2", strings.Repeat("a&", 500), manyParameters(500)} {
		require.Equal(t, "urn:farebook:problem:malformed-query", get(query).Type, query)
	}
}

func manyParameters(n int) string {
	var query strings.Builder
	for i := range n {
		fmt.Fprintf(&query, "p%d=1&", i)
	}
	return query.String()
}

// brokenPipe is a caller that has gone before the answer is written.
type brokenPipe struct{ *httptest.ResponseRecorder }

func (brokenPipe) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestCallerThatIsGoneIsNoPanic(t *testing.T) {
	t.Parallel()
	var log safeBuffer
	s := serve(t, loggingTo(&log))
	for _, path := range []string{"/healthz", "/v1/bookings/FB-22222222", "/nowhere", "/openapi.json"} {
		request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
		request.Header.Set("Authorization", "Bearer "+s.token)
		s.handler.ServeHTTP(brokenPipe{httptest.NewRecorder()}, request)
	}
	require.NotContains(t, log.String(), "request handler panicked")
	require.Contains(t, log.String(), `"callerGone":true`)
}
