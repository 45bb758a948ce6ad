package api_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/access"
	"farebook/internal/dev/testdb"
	"farebook/internal/logging"
	"farebook/starter/api"
)

// open opens a connection and sends text on it.
func (s *server) open(text string) net.Conn {
	s.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	require.NoError(s.t, err)
	s.t.Cleanup(func() { _ = conn.Close() }) // the server has closed most of them
	require.NoError(s.t, conn.SetDeadline(time.Now().Add(time.Minute)))
	_, err = io.WriteString(conn, text)
	require.NoError(s.t, err)
	return conn
}

// requireEnds reads the answer, which has to have the status, and then the end of the connection.
func requireEnds(t *testing.T, conn net.Conn, status int, name string) []byte {
	t.Helper()
	reader := bufio.NewReader(conn)
	response, err := http.ReadResponse(reader, nil)
	require.NoError(t, err, name)
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err, name)
	require.NoError(t, response.Body.Close())
	require.Equal(t, status, response.StatusCode, "%s: %s", name, body)
	_, err = reader.ReadByte()
	require.ErrorIs(t, err, io.EOF, "%s: the connection stays open", name)
	return body
}

func (s *server) requireNoConnection() {
	s.t.Helper()
	require.Eventually(s.t, func() bool { return s.connections.Open() == 0 }, time.Minute, time.Millisecond, "connections are left")
}

// keyed begins a request with a valid key; head adds header lines.
func (s *server) keyed(target, head string) string {
	return target + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + s.token +
		"\r\nContent-Type: application/json\r\nIdempotency-Key: held\r\n" + head + "\r\n"
}

// forgery is a signature that nothing is wrong with but that it signs nothing.
func forgery() string {
	return fmt.Sprintf("t=%d,v1=%s", time.Now().Unix(), strings.Repeat("0", 64))
}

func hook(signature, head string) string {
	return "POST /webhooks/stripe HTTP/1.1\r\nHost: x\r\nStripe-Signature: " + signature + "\r\n" + head + "\r\n"
}

// Whatever is answered to a request whose body does not come: afterwards its connection is gone.
func TestABodyThatDoesNotComeLeavesNoConnection(t *testing.T) {
	t.Parallel()
	// Long enough for the largest body here on a busy machine.
	s := serve(t, func(_ *testdb.DB, deps *api.Deps) { deps.BodyTimeout = 250 * time.Millisecond })
	readOnly := s.db.NewKey(t, "test", access.BookingsRead)
	const anonymous, ten = " HTTP/1.1\r\nHost: x\r\n", "Content-Length: 10\r\n"
	reading := *s
	reading.token = readOnly
	for _, c := range []struct {
		name, request string
		status        int
	}{
		{"nothing of a body", s.keyed("POST /v1/bookings", ten), 408},
		{"half of a body", s.keyed("POST /v1/bookings", ten) + "{", 408},
		{"no chunk", s.keyed("POST /v1/bookings", "Transfer-Encoding: chunked\r\n"), 408},
		{"half a chunk", s.keyed("POST /v1/bookings", "Transfer-Encoding: chunked\r\n") + "5\r\n{", 408},
		{"a malformed chunk", s.keyed("POST /v1/bookings", "Transfer-Encoding: chunked\r\n") + "zz\r\n", 400},
		{"a body that may be left out", s.keyed("POST /v1/bookings/FB-7K2M9QXA/cancel", ten), 408},
		{"a body that is announced too large", s.keyed("POST /v1/bookings", "Content-Length: 70000\r\n"), 413},
		{"a body that is announced huge", s.keyed("POST /v1/bookings", "Content-Length: 10000000\r\n"), 413},
		{
			"chunks beyond the size", s.keyed("POST /v1/bookings", "Transfer-Encoding: chunked\r\n") + "11000\r\n" + strings.Repeat(" ", 0x11000),
			413,
		},
		{"no key", "POST /v1/bookings" + anonymous + ten + "\r\n", 401},
		{"a key that may only read", reading.keyed("POST /v1/bookings", ten), 403},
		{"a read with a body", "GET /healthz" + anonymous + ten + "\r\n", 200},
		{"a read with a key and a body", s.keyed("GET /v1/bookings/FB-7K2M9QXA", ten), 404},
		{"the documentation", "GET /openapi.json" + anonymous + ten + "\r\n", 200},
		{"an unknown path", "POST /admin" + anonymous + ten + "\r\n", 404},
		{"an unknown method", "PUT /v1/bookings" + anonymous + ten + "\r\n", 405},
		{"a webhook without a signature", "POST /webhooks/stripe" + anonymous + ten + "\r\n", 400},
		{"a webhook", hook(forgery(), ten), 408},
		{"a webhook in chunks", hook(forgery(), "Transfer-Encoding: chunked\r\n"), 408},
		{"a webhook that is announced too large", hook(forgery(), "Content-Length: 270000\r\n"), 413},
	} {
		requireEnds(t, s.open(c.request), c.status, c.name)
		s.requireNoConnection()
	}
	s.requireNothing()
}

// A body that trickles in keeps nothing open either: neither its answer nor its end waits for the rest.
func TestABodyThatTricklesLeavesNoConnection(t *testing.T) {
	t.Parallel()
	s := serve(t, func(_ *testdb.DB, deps *api.Deps) { deps.BodyTimeout = 50 * time.Millisecond })
	conn := s.open(s.keyed("POST /v1/bookings", "Content-Length: 60000\r\n"))
	var trickle sync.WaitGroup
	trickle.Go(func() {
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for range tick.C {
			if _, err := io.WriteString(conn, " "); err != nil {
				return
			}
		}
	})
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusRequestTimeout, response.StatusCode)
	s.requireNoConnection()
	trickle.Wait()
}

// A caller that is refused and sends its small body all the same keeps its connection.
func TestARefusalKeepsTheConnectionOfABodyThatComes(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	for range 3 {
		require.Equal(t, http.StatusUnauthorized, s.book([]byte(validBody()), "Authorization", "").status)
	}
	require.Equal(t, 1, s.connections.Open())
}

// More held connections than the server may have open do not keep a caller out for longer than the bodies' time.
func TestHeldConnectionsDoNotStarveTheServer(t *testing.T) {
	t.Parallel()
	s := serve(t, func(_ *testdb.DB, deps *api.Deps) { deps.BodyTimeout = 50 * time.Millisecond })
	request := s.keyed("POST /v1/bookings", "Content-Length: 10\r\n")
	held := make([]net.Conn, 1100)
	for i := range held {
		held[i] = s.open(request)
	}
	require.Equal(t, http.StatusOK, s.do(http.MethodGet, "/healthz", nil).status)
	for _, conn := range held {
		requireEnds(t, conn, http.StatusRequestTimeout, "held")
	}
	s.client.CloseIdleConnections()
	s.requireNoConnection()
}

// Asked to stop, the server ends the reading of bodies that do not come, however much time they would have had.
func TestHeldBodiesDoNotDelayTheStop(t *testing.T) {
	t.Parallel()
	stopping, stop := context.WithCancel(t.Context())
	s := serve(t, func(_ *testdb.DB, deps *api.Deps) { deps.BodyTimeout, deps.Stopping = time.Hour, stopping })
	held := map[string]net.Conn{
		"with a key":       s.open(s.keyed("POST /v1/bookings", "Content-Length: 10\r\n") + "{"),
		"in chunks":        s.open(s.keyed("POST /v1/bookings", "Transfer-Encoding: chunked\r\n")),
		"with a signature": s.open(hook(forgery(), "Content-Length: 10\r\n")),
	}
	require.Eventually(t, func() bool { return s.connections.Open() == len(held) }, time.Minute, time.Millisecond)
	stop()
	for name, conn := range held {
		require.Contains(t, string(requireEnds(t, conn, http.StatusServiceUnavailable, name)), "urn:farebook:problem:stopping", name)
	}
	s.requireNoConnection()
	require.Equal(t, http.StatusUnprocessableEntity, s.book([]byte(`{}`)).status, "a body that is there is taken")
	s.requireNothing()
}

// What was refused for its body bears its route in the log.
func TestBodiesThatAreRefusedAreLoggedWithTheirRoute(t *testing.T) {
	t.Parallel()
	var out safeBuffer
	s := serve(t, func(_ *testdb.DB, deps *api.Deps) {
		deps.BodyTimeout = 50 * time.Millisecond
		deps.Log = slog.New(logging.New(&out, "api", "info").Handler())
	})
	requireEnds(t, s.open(s.keyed("POST /v1/bookings", "Content-Length: 10\r\n")), 408, "slow")
	requireEnds(t, s.open(s.keyed("POST /v1/bookings/FB-7K2M9QXA/cancel", "Content-Length: 70000\r\n")), 413, "large")
	requireEnds(t, s.open(hook(forgery(), "Content-Length: 10\r\n")), 408, "a slow webhook")
	s.requireNoConnection()
	for route, status := range map[string]string{
		"POST /v1/bookings": "408", "POST /v1/bookings/{reference}/cancel": "413", "POST /webhooks/stripe": "408",
	} {
		require.Regexp(t, `"route":"`+strings.NewReplacer("{", `\{`, "}", `\}`).Replace(route)+`".*"status":`+status, out.String())
	}
}

// Bodies that nobody has signed yet take a bounded share of the memory: beyond it they are refused, and taken again once it is free.
func TestUnsignedBodiesAreBounded(t *testing.T) {
	t.Parallel()
	s := serve(t, func(_ *testdb.DB, deps *api.Deps) {
		deps.BodyTimeout, deps.Limits.UnsignedBytes = time.Hour, 64<<10 // of which one address may hold a quarter
	})
	part := strings.Repeat(" ", 10<<10)
	request := hook(forgery(), "Content-Length: 20480\r\n") + part
	first := s.open(request)
	// Only one of them fits: the other is refused, and its place is there again once the first is gone.
	second := s.open(request)
	refused, holding := make(chan net.Conn, 2), map[net.Conn]net.Conn{first: second, second: first}
	for conn := range holding {
		go func() {
			if _, err := bufio.NewReader(conn).Peek(1); err == nil {
				refused <- conn
			}
		}()
	}
	other := holding[<-refused]
	got := s.deliver(forgery(), []byte(part))
	require.Equal(t, http.StatusServiceUnavailable, got.status, "%s", got.body)
	require.Equal(t, "urn:farebook:problem:busy", got.problem(t).Type)
	require.NotEmpty(t, got.header.Get("Retry-After"))
	require.NoError(t, other.Close())
	require.Eventually(t, func() bool { return s.deliver(forgery(), []byte(part)).status == http.StatusBadRequest }, time.Minute,
		10*time.Millisecond)
	s.requireNothing()
}
