package api_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"

	"farebook/booking"
	"farebook/internal/dev/testdb"
	"farebook/internal/stripeapi"
	"farebook/starter/api"
	"farebook/starter/dispatch"
	"farebook/starter/inbox"
	"farebook/starter/limit"
)

// Put together here so that no scanner takes them for real ones.
const (
	webhookSecret = "whsec_" + "farebookCanaryWebhookSecret000000"
	nextSecret    = "whsec_" + "farebookCanaryWebhookSecret000001"
	stripeKey     = "sk_" + "test_51FarebookCanarySecretKey0000"
)

// nowhere is an address where nothing listens: port 1 is never given out.
const nowhere = "127.0.0.1:1"

// maxConnections is what a server of the tests has open at once.
const maxConnections = 500

// server is the API over real HTTP on a real database.
type server struct {
	t     *testing.T
	db    *testdb.DB
	url   string
	token string
	// handler is the API without its socket.
	handler http.Handler
	// connections are those that are open at the server.
	connections *limit.Listener
	// client has its connections for itself: the end of any server of a test closes the idle ones of the default client.
	client *http.Client
}

// serve starts an API; change may alter what it talks to.
func serve(t *testing.T, change func(*testdb.DB, *api.Deps)) *server {
	t.Helper()
	return serveOn(t, testdb.New(t), change)
}

// serveOn is serve on a database that the test has made.
func serveOn(t *testing.T, db *testdb.DB, change func(*testdb.DB, *api.Deps)) *server {
	t.Helper()
	deps := api.Deps{
		Store:          db.Store,
		Stripe:         stripeapi.New(stripeapi.Config{SecretKey: stripeKey, APIBase: "http://" + nowhere, Log: slog.New(slog.DiscardHandler)}),
		Revenue:        booking.RevenueRules{Model: booking.ModelAgent, Moment: booking.AtDeparture}, // so that each field of a booking is taken
		WebhookSecrets: func() []string { return []string{webhookSecret, nextSecret} },
		Limits:         generous(),
		// Beyond what a busy machine takes for a statement; tests of a database that stalls have their own.
		DatabaseTimeout: time.Minute,
		Log:             slog.New(slog.DiscardHandler),
	}
	temporalAt(t, &deps, temporalAddress(t))
	if change != nil {
		change(db, &deps)
	}
	deps.Inbox = inbox.New(deps.Store, deps.Dispatch, deps.Stripe, time.Minute, deps.Log) // its sweeper does not run
	deps.Policy = booking.Policy{{HoursBefore: 48, Percent: 50}}
	t.Cleanup(deps.Inbox.Wait)
	handler, err := api.New(deps)
	require.NoError(t, err)
	web := httptest.NewUnstartedServer(handler)
	connections := limit.Listen(web.Listener, limit.Connections{Total: maxConnections, PerAddress: 2 * maxConnections})
	web.Config.MaxHeaderBytes = 80 << 10
	web.Listener = api.AnswerRefusals(web.Config, connections, deps.Log)
	web.Start()
	t.Cleanup(web.Close)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &server{
		t: t, db: db, url: web.URL, token: db.NewKey(t, "test"), handler: handler, connections: connections,
		client: &http.Client{Transport: transport},
	}
}

func temporalAddress(t *testing.T) string {
	t.Helper()
	address := os.Getenv("FAREBOOK_TEST_TEMPORAL_ADDRESS")
	require.NotEmpty(t, address, "no Temporal server: run `make test`, or set FAREBOOK_TEST_TEMPORAL_ADDRESS")
	return address
}

// generous are limits that no test reaches unless it is about them.
func generous() api.Limits {
	many := limit.PerSecond(100_000)
	return api.Limits{Reads: many, Writes: many, Webhooks: many, Strangers: many, WrongKeys: many}
}

// temporalAt points an API to a Temporal server; no worker listens on the task queue.
func temporalAt(t *testing.T, deps *api.Deps, address string) {
	t.Helper()
	temporal, err := client.NewLazyClient(client.Options{
		HostPort: address, Logger: sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)),
	})
	require.NoError(t, err)
	t.Cleanup(temporal.Close)
	deps.Temporal = temporal
	deps.Dispatch = dispatch.NewClient(temporal, "no-worker-"+t.Name())
}

// withoutTemporal is an API whose Temporal is away, and which is quick to say so.
func withoutTemporal(t *testing.T) func(*testdb.DB, *api.Deps) {
	return func(_ *testdb.DB, deps *api.Deps) {
		temporalAt(t, deps, nowhere)
		deps.AnswerTimeout = time.Second
	}
}

// answer is a response, read whole.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// problemBody is an RFC 9457 problem.
type problemBody struct {
	Type, Title, Detail, Instance string
	Status                        int
	Errors                        []struct{ Location, Message string }
}

func (a answer) problem(t *testing.T) problemBody {
	t.Helper()
	require.Equal(t, "application/problem+json", a.header.Get("Content-Type"), "%s", a.body)
	var p problemBody
	require.NoError(t, json.Unmarshal(a.body, &p), "%s", a.body)
	require.Equal(t, a.status, p.Status)
	require.NotEmpty(t, p.Detail)
	return p
}

// do sends a request; headers come in pairs, and an empty value removes one that is there by default.
func (s *server) do(method, path string, body []byte, headers ...string) answer {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, bytes.NewReader(body))
	require.NoError(s.t, err)
	request.Header.Set("Authorization", "Bearer "+s.token)
	request.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		request.Header.Del(headers[i])
		if headers[i+1] != "" {
			request.Header.Set(headers[i], headers[i+1])
		}
	}
	return s.send(request)
}

func (s *server) send(request *http.Request) answer {
	s.t.Helper()
	response, err := s.client.Do(request)
	require.NoError(s.t, err)
	defer func() { require.NoError(s.t, response.Body.Close()) }()
	body, err := io.ReadAll(response.Body)
	require.NoError(s.t, err)
	return answer{response.StatusCode, response.Header, body}
}

// raw sends bytes as they are, and reads one answer.
func (s *server) raw(request string) answer {
	s.t.Helper()
	connection, err := (&net.Dialer{}).DialContext(s.t.Context(), "tcp", strings.TrimPrefix(s.url, "http://"))
	require.NoError(s.t, err)
	defer func() { require.NoError(s.t, connection.Close()) }()
	require.NoError(s.t, connection.SetDeadline(time.Now().Add(rawPatience)))
	_, err = io.WriteString(connection, request)
	require.NoError(s.t, err)
	response, err := http.ReadResponse(bufio.NewReader(connection), nil)
	require.NoError(s.t, err)
	defer func() { require.NoError(s.t, response.Body.Close()) }()
	body, err := io.ReadAll(response.Body)
	require.NoError(s.t, err)
	return answer{response.StatusCode, response.Header, body}
}

// rawPatience bounds a test's wait for an answer that does not come.
const rawPatience = time.Minute

func (s *server) book(body []byte, headers ...string) answer {
	s.t.Helper()
	return s.do(http.MethodPost, "/v1/bookings", body, append([]string{"Idempotency-Key", "key-1"}, headers...)...)
}

// requireNothing: a refused request leaves no row anywhere.
func (s *server) requireNothing() {
	s.t.Helper()
	for _, table := range []string{"bookings", "idempotency_keys", "payments", "stripe_events", "emails", "financial_ledger"} {
		require.Zero(s.t, s.db.Count(s.t, "SELECT COUNT(*) FROM "+table), table)
	}
}

// departure stays the same while the process runs: a body that is made again in the next hour is the same.
var departure = sync.OnceValue(func() time.Time { return time.Now().Add(30 * 24 * time.Hour).UTC().Truncate(time.Hour) })

// validBody is a good request as text, into which tests put what is bad.
func validBody() string {
	departs := departure()
	return `{"customer":{"name":"Layla Haddad","email":"layla@example.com","locale":"en"},` +
		`"amount":{"value":45900,"currency":"USD"},` +
		`"flight":{"number":"EK002","from":"LHR","to":"DXB","departsAt":"` + departs.Format(time.RFC3339) + `",` +
		`"arrivesAt":"` + departs.Add(7*time.Hour).Format(time.RFC3339) + `","passengers":[{"name":"Layla Haddad"}]},` +
		`"holdMinutes":30}`
}
