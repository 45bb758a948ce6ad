package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/starter/api"
)

// refusedByHTTP are requests that net/http refuses before any handler runs.
var refusedByHTTP = []struct {
	name, request string
	status        int
	kind          string
}{
	{"no request line", "hello\r\n\r\n", 400, "malformed-request"},
	{"HTTP/0.9", "GET /healthz\r\n\r\n", 400, "malformed-request"},
	{"a method with a space", "GE T /healthz HTTP/1.1\r\nHost: x\r\n\r\n", 400, "malformed-request"},
	{"a malformed path", "GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n", 400, "malformed-request"},
	{"no host", "GET /healthz HTTP/1.1\r\n\r\n", 400, "malformed-request"},
	{"two hosts", "GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, "malformed-request"},
	{"a malformed host", "GET /healthz HTTP/1.1\r\nHost: a b\r\n\r\n", 400, "malformed-request"},
	{"a space in a header name", "GET /healthz HTTP/1.1\r\nHost: x\r\nX Y: 1\r\n\r\n", 400, "malformed-request"},
	{"no colon in a header", "GET /healthz HTTP/1.1\r\nHost: x\r\nnothing\r\n\r\n", 400, "malformed-request"},
	{"NUL in a header", "GET /healthz HTTP/1.1\r\nHost: x\r\nA: 1\x00\r\n\r\n", 400, "malformed-request"},
	{"two lengths", "POST /v1/bookings HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400, "malformed-request"},
	{"a length below zero", "POST /v1/bookings HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n{}", 400, "malformed-request"},
	{"a length with a plus", "POST /v1/bookings HTTP/1.1\r\nHost: x\r\nContent-Length: +2\r\n\r\n{}", 400, "malformed-request"},
	{
		"another expectation", "POST /v1/bookings HTTP/1.1\r\nHost: x\r\nExpect: a-miracle\r\nContent-Length: 2\r\n\r\n{}", 417,
		"expectation-failed",
	},
	{"a large header", "GET /healthz HTTP/1.1\r\nHost: x\r\nA: " + strings.Repeat("b", 100_000) + "\r\n\r\n", 431, "header-too-large"},
	{"12,000 headers", "GET /healthz HTTP/1.1\r\nHost: x\r\n" + strings.Repeat("A: b1234\r\n", 12_000) + "\r\n", 431, "header-too-large"},
	{"a path of 100 kB", "GET /" + strings.Repeat("b", 100_000) + " HTTP/1.1\r\nHost: x\r\n\r\n", 431, "header-too-large"},
	{"another transfer encoding", "POST /v1/bookings HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", 501, "transfer-encoding"},
	{
		"two transfer encodings", "POST /v1/bookings HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n",
		501, "transfer-encoding",
	},
	{"HTTP/2 by its line alone", "GET /healthz HTTP/2.0\r\nHost: x\r\n\r\n", 505, "http-version"},
	{"HTTP/3", "GET /healthz HTTP/3.0\r\nHost: x\r\n\r\n", 505, "http-version"},
}

// What net/http refuses is a problem with a correlation id, on a connection that ends; also behind an answer of the API on
// the same connection.
func TestRefusalsOfTheHTTPServerAreProblems(t *testing.T) {
	t.Parallel()
	var log safeBuffer
	s := serve(t, loggingTo(&log))
	const good = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
	for _, c := range refusedByHTTP {
		for _, before := range []string{"", good, good + good} {
			answers := s.pipeline(before + c.request)
			require.Len(t, answers, strings.Count(before, "GET")+1, c.name)
			for _, ok := range answers[:len(answers)-1] {
				require.Equal(t, http.StatusOK, ok.status, c.name)
				require.JSONEq(t, `{"status":"ok"}`, string(ok.body))
			}
			refused := answers[len(answers)-1]
			require.Equal(t, c.status, refused.status, "%s: %s", c.name, refused.body)
			p := refused.problem(t)
			require.Equal(t, "urn:farebook:problem:"+c.kind, p.Type, c.name)
			require.Equal(t, http.StatusText(c.status), p.Title)
			require.Equal(t, "close", refused.header.Get("Connection"), c.name)
			require.Equal(t, "no-store", refused.header.Get("Cache-Control"), c.name)
			id := refused.header.Get("X-Correlation-ID")
			require.Equal(t, "urn:farebook:request:"+id, p.Instance, c.name)
			require.Contains(t, log.String(), id, c.name)
		}
	}
	s.requireNothing()
}

// Requests that are strange and well-formed reach the API, whose own problems they get.
func TestStrangeRequestsReachTheAPI(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	for _, c := range []struct {
		name, request string
		status        int
	}{
		{"OPTIONS *", "OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 404},
		{"the HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 404},
		{"CONNECT", "CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 404},
		{"TRACE", "TRACE /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 405},
		{"another host in the path", "GET //evil.example/%2e%2e HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 404},
		{"raw UTF-8 in the path", "GET /v1/bookings/é HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 404},
		{"a chunk that is malformed", "POST /v1/bookings HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + s.token +
			"\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n", 400},
	} {
		answers := s.pipeline(c.request)
		require.Len(t, answers, 1, c.name)
		require.Equal(t, c.status, answers[0].status, "%s: %s", c.name, answers[0].body)
		answers[0].problem(t)
	}
}

// pipeline sends bytes at once, and reads answers until the connection ends.
func (s *server) pipeline(requests string) []answer {
	s.t.Helper()
	return exchange(s.t, strings.TrimPrefix(s.url, "http://"), requests)
}

func exchange(t *testing.T, address, requests string) []answer {
	t.Helper()
	connection, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
	require.NoError(t, err)
	defer func() { require.NoError(t, connection.Close()) }()
	require.NoError(t, connection.SetDeadline(time.Now().Add(rawPatience)))
	go func() { _, _ = io.WriteString(connection, requests) }() // the server may end the connection before it has read all
	reader := bufio.NewReader(connection)
	var answers []answer
	for {
		response, err := http.ReadResponse(reader, nil)
		if err != nil {
			return answers
		}
		body, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		answers = append(answers, answer{response.StatusCode, response.Header, body})
		if response.Close {
			response.Header.Set("Connection", "close") // ReadResponse takes it out
			_, err := reader.ReadByte()
			require.Error(t, err, "nothing follows the last answer")
			return answers
		}
	}
}

// A handler's answers pass byte for byte, whatever their status and text: also those that net/http's own would be taken for.
// A file is sent by the kernel, and deadlines reach the connection.
func TestAnswersOfTheHandlerAreNotChanged(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, []byte(strings.Repeat("HTTP/1.1 400 Bad Request\r\n\r\n", 5000)), 0o600))
	web := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/file":
			http.ServeFile(w, r, file)
		case "/body":
			if r.Context().Value(marker{}) == nil {
				panic("the server's own ConnContext is lost")
			}
			text, err := io.ReadAll(r.Body) // sends 100 Continue
			if err != nil {
				panic(err)
			}
			_, _ = w.Write(text)
		case "/deadline":
			if err := http.NewResponseController(w).SetWriteDeadline(time.Now().Add(time.Minute)); err != nil {
				panic(err)
			}
			http.Error(w, "431 Request Header Fields Too Large", http.StatusRequestHeaderFieldsTooLarge)
		default:
			http.Error(w, "400 Bad Request", http.StatusBadRequest)
		}
	}))
	var seen []http.ConnState
	web.Config.ConnContext = func(ctx context.Context, _ net.Conn) context.Context {
		return context.WithValue(ctx, marker{}, true)
	}
	web.Config.ConnState = func(_ net.Conn, state http.ConnState) { seen = append(seen, state) }
	web.Listener = api.AnswerRefusals(web.Config, web.Listener, slog.New(slog.DiscardHandler))
	web.Start()
	address := strings.TrimPrefix(web.URL, "http://")

	get := func(path string) string { return "GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n" }
	answers := exchange(t, address, get("/")+get("/file")+get("/deadline")+get("/")+
		"POST /body HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello")
	require.Len(t, answers, 5)
	require.Equal(t, "400 Bad Request\n", string(answers[0].body))
	require.Len(t, answers[1].body, 28*5000)
	require.Equal(t, http.StatusRequestHeaderFieldsTooLarge, answers[2].status)
	require.Equal(t, "431 Request Header Fields Too Large\n", string(answers[2].body))
	require.Equal(t, "400 Bad Request\n", string(answers[3].body))
	require.Equal(t, "hello", string(answers[4].body))

	continued := exchange(t, address,
		"POST /body HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello")
	require.Equal(t, []int{http.StatusContinue, http.StatusOK}, []int{continued[0].status, continued[1].status})
	require.Equal(t, "hello", string(continued[1].body))
	web.Close()
	require.Contains(t, seen, http.StateClosed, "the server's own hooks still run")
}

type marker struct{}

// The problem is as long as it says, also for a reader that does not wait for the end of the connection.
func TestRefusalHasItsLength(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	got := s.raw("GET /healthz HTTP/1.1\r\n\r\n")
	require.Equal(t, http.StatusBadRequest, got.status)
	require.NotEmpty(t, got.header.Get("Date"))
	require.True(t, json.Valid(got.body))
	require.Contains(t, got.problem(t).Detail, "missing required Host header")
}
