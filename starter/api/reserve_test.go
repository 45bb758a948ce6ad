package api_test

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/internal/dev/testdb"
	"farebook/money"
	"farebook/starter/api"
	"farebook/store"
)

// While Temporal is unavailable, the answer is 503 with Retry-After, and a repetition continues with the same booking.
func TestTemporalAway(t *testing.T) {
	t.Parallel()
	body := validBody() // once: another hour would be another body
	s := serve(t, withoutTemporal(t))
	for range 2 {
		got := s.book([]byte(body))
		require.Equal(t, http.StatusServiceUnavailable, got.status, "%s", got.body)
		require.NotEmpty(t, got.header.Get("Retry-After"))
		require.Equal(t, "urn:farebook:problem:unavailable", got.problem(t).Type)
		require.Equal(t, 1, s.db.Count(t, "SELECT COUNT(*) FROM bookings"))
		require.Equal(t, 1, s.db.Count(t, "SELECT COUNT(*) FROM idempotency_keys WHERE answer_body IS NULL"))
	}
	reference := s.db.Text(t, "SELECT reference FROM bookings")
	require.Equal(t, http.StatusServiceUnavailable, s.do(http.MethodPost, "/v1/bookings/"+reference+"/cancel", nil).status)
	require.Equal(t, http.StatusOK, s.do(http.MethodGet, "/v1/bookings/"+reference, nil).status)
	notReady := s.do(http.MethodGet, "/readyz", nil)
	require.Equal(t, http.StatusServiceUnavailable, notReady.status)
	require.Equal(t, "temporal", notReady.problem(t).Errors[0].Location)
	require.Equal(t, http.StatusOK, s.do(http.MethodGet, "/healthz", nil).status)
}

// The same request under one key is one booking however it is spelled; another body is refused; keys are compared byte
// by byte; another caller's key is another key.
func TestIdempotencyKeys(t *testing.T) {
	t.Parallel()
	body := validBody() // once: another hour would be another body
	s := serve(t, withoutTemporal(t))
	count := func() int { return s.db.Count(t, "SELECT COUNT(*) FROM bookings") }
	s.book([]byte(body))
	require.Equal(t, 1, count())

	var reordered map[string]any
	require.NoError(t, json.Unmarshal([]byte(body), &reordered))
	delete(reordered, "holdMinutes") // 30 is the default
	spelled, err := json.MarshalIndent(reordered, "", "\t")
	require.NoError(t, err)
	require.Equal(t, http.StatusServiceUnavailable, s.book(spelled).status)
	require.Equal(t, 1, count())

	// A space of another script is a space: the same request, and the name is kept with plain ones.
	for _, space := range []string{`\u00a0`, `\u202f`, `\u3000`} {
		got := s.book([]byte(strings.ReplaceAll(body, "Layla Haddad", "Layla"+space+"Haddad")))
		require.Equal(t, http.StatusServiceUnavailable, got.status, "%s: %s", space, got.body)
		require.Equal(t, 1, count())
		require.Equal(t, "Layla Haddad", s.db.Text(t, "SELECT customer_name FROM bookings"))
	}

	for _, change := range [][2]string{
		{"45900", "45901"},
		{"USD", "EUR"},
		{"Layla", "Laila"},
		{`"en"`, `"ar"`},
		{":30}", ":31}"},
		{"EK002", "EK003"},
	} {
		got := s.book([]byte(strings.Replace(body, change[0], change[1], 1)))
		require.Equal(t, http.StatusUnprocessableEntity, got.status, "%s: %s", change[1], got.body)
		require.Equal(t, "urn:farebook:problem:idempotency-key-reused", got.problem(t).Type)
		require.Equal(t, 1, count())
		require.Equal(t, 1, s.db.Count(t, "SELECT COUNT(*) FROM bookings WHERE amount = 45900 AND currency = 'USD'"))
	}

	for i, twin := range []string{"KEY-1", "kéy-1", "key-1x", strings.Repeat("k", 255)} {
		s.book([]byte(body), "Idempotency-Key", twin)
		require.Equal(t, 2+i, count(), twin)
	}
	other := *s
	other.token = s.db.NewKey(t, "other", testdb.Shop...)
	other.book([]byte(strings.Replace(body, "45900", "50000", 1)))
	require.Equal(t, 6, count())
}

// While another request is at work under the key, a repetition waits and gets 409; once that request is known to have
// died, the repetition continues.
func TestKeyInUse(t *testing.T) {
	t.Parallel()
	body := validBody() // once: another hour would be another body
	s := serve(t, withoutTemporal(t))
	s.book([]byte(body))
	cancel := "/v1/bookings/" + s.db.Text(t, "SELECT reference FROM bookings") + "/cancel"
	requests := map[string]func() answer{
		"book":   func() answer { return s.book([]byte(body)) },
		"cancel": func() answer { return s.do(http.MethodPost, cancel, nil, "Idempotency-Key", "cancel-1") },
		"reconcile": func() answer {
			return s.do(http.MethodPost, "/v1/reconciliations", nil, "Idempotency-Key", "reconcile-1")
		},
	}
	for name, request := range requests {
		require.Equal(t, http.StatusServiceUnavailable, request().status, name)
	}
	before := s.rows()
	s.db.Exec(t, "UPDATE idempotency_keys SET lease = 'another', leased_until = UTC_TIMESTAMP(6) + INTERVAL 1 HOUR")
	for name, request := range requests {
		got := request()
		require.Equal(t, http.StatusConflict, got.status, "%s: %s", name, got.body)
		require.NotEmpty(t, got.header.Get("Retry-After"), name)
		require.Equal(t, "urn:farebook:problem:idempotency-in-progress", got.problem(t).Type, name)
	}
	s.db.Exec(t, "UPDATE idempotency_keys SET leased_until = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND")
	for name, request := range requests {
		require.Equal(t, http.StatusServiceUnavailable, request().status, "%s: it was tried", name)
	}
	require.Equal(t, before, s.rows())
}

// What was answered once is answered again from the books, with the client secret left out of them. A refused payment
// is an answer, too.
func TestStoredAnswers(t *testing.T) {
	t.Parallel()
	body := validBody() // once: another hour would be another body
	s := serve(t, withoutTemporal(t))
	s.book([]byte(body))
	caller := s.db.Caller(t, s.token)
	stored := `{"type":"urn:farebook:problem:payment-refused","title":"Unprocessable Entity","status":422,"detail":"refused","instance":"urn:farebook:request:first-0001"}`
	_, _, err := s.db.Store.StoreAnswer(t.Context(), store.IdempotencyKey{Caller: caller, Key: "key-1"}, http.StatusUnprocessableEntity,
		[]byte(stored))
	require.NoError(t, err)
	for range 2 {
		got := s.book([]byte(body))
		require.Equal(t, http.StatusUnprocessableEntity, got.status)
		require.Equal(t, "true", got.header.Get("Idempotent-Replayed"))
		require.JSONEq(t, stored, string(got.body))
	}
}

// A booking is seen by the caller that made it. To another it does not exist: the answer is the same as for a reference
// that does not.
func TestAnotherCallersBooking(t *testing.T) {
	t.Parallel()
	s := serve(t, withoutTemporal(t))
	s.book([]byte(validBody()))
	reference := s.db.Text(t, "SELECT reference FROM bookings")
	other := *s
	other.token = s.db.NewKey(t, "other", testdb.Shop...)
	for _, c := range []struct{ method, path string }{
		{http.MethodGet, ""}, {http.MethodGet, "/ledger"}, {http.MethodPost, "/cancel"},
	} {
		theirs := other.do(c.method, "/v1/bookings/"+reference+c.path, nil)
		require.Equal(t, http.StatusNotFound, theirs.status)
		nobodys := other.do(c.method, "/v1/bookings/FB-00000000"+c.path, nil)
		require.Equal(t, theirs.problem(t).Detail, nobodys.problem(t).Detail)
	}
	require.Equal(t, "pending_payment", s.db.Text(t, "SELECT status FROM bookings"))
}

func TestReadsOfABooking(t *testing.T) {
	t.Parallel()
	s := serve(t, withoutTemporal(t))
	s.book([]byte(validBody()), "X-Correlation-ID", "request-0001")
	reference := booking.Reference(s.db.Text(t, "SELECT reference FROM bookings"))
	require.NoError(t, s.db.Store.RecordPaymentIntent(t.Context(), reference, booking.PaymentSnapshot{
		PaymentIntentID: "pi_1", StripeStatus: "requires_payment_method", Reference: reference, Amount: 45900, Currency: "USD",
	}, false))
	got := s.do(http.MethodGet, "/v1/bookings/"+string(reference), nil)
	require.Equal(t, http.StatusOK, got.status)
	var view struct {
		Reference, Status, CorrelationID string
		HoldExpiresAt, CreatedAt         time.Time
		Amount                           money.Money
		Customer                         booking.Customer
		Flight                           booking.Flight
		Payment                          struct{ PaymentIntentID, Status string }
	}
	require.NoError(t, json.Unmarshal(got.body, &view))
	require.Equal(t, string(reference), view.Reference)
	require.Equal(t, "pending_payment", view.Status)
	require.Equal(t, "request-0001", view.CorrelationID)
	require.Equal(t, 30*time.Minute, view.HoldExpiresAt.Sub(view.CreatedAt))
	require.Equal(t, money.Money{Value: 45900, Currency: "USD"}, view.Amount)
	require.Equal(t, "layla@example.com", view.Customer.Email)
	require.Equal(t, "pi_1", view.Payment.PaymentIntentID)
	ledger := s.do(http.MethodGet, "/v1/bookings/"+string(reference)+"/ledger", nil)
	require.JSONEq(t, `{"reference":"`+string(reference)+`","transactions":[]}`, string(ledger.body))
}

// A booking that is closed is answered from the books, whatever has become of its workflow; one that is paid is its
// workflow's matter.
func TestCancelOfAClosedBooking(t *testing.T) {
	t.Parallel()
	s := serve(t, withoutTemporal(t))
	s.book([]byte(validBody()))
	path := "/v1/bookings/" + s.db.Text(t, "SELECT reference FROM bookings") + "/cancel"
	for status, want := range map[string]int{"refunded": 409, "disputed": 409, "expired": 409, "payment_failed": 409, "cancelled": 200} {
		s.db.Exec(t, "UPDATE bookings SET status = ?", status)
		got := s.do(http.MethodPost, path, nil)
		require.Equal(t, want, got.status, "%s: %s", status, got.body)
		require.Contains(t, string(got.body), status)
	}
}

func TestCorrelationID(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	require.Equal(t, "request-0001", s.do(http.MethodGet, "/healthz", nil, "X-Correlation-ID", "request-0001").header.Get("X-Correlation-ID"))
	for _, bad := range []string{"", "x", "layla@example.com", "4242424242424242", stripeKey} {
		made := s.do(http.MethodGet, "/healthz", nil, "X-Correlation-ID", bad).header.Get("X-Correlation-ID")
		require.NotEmpty(t, made)
		require.NotEqual(t, bad, made)
	}
}

// Without the database, everything that needs it answers 503; once it is back, the API works again.
func TestDatabaseAway(t *testing.T) {
	t.Parallel()
	var door *proxy
	s := serve(t, func(db *testdb.DB, deps *api.Deps) {
		dsn, err := mysql.ParseDSN(db.AppDSN)
		require.NoError(t, err)
		door = openProxy(t, dsn.Addr)
		dsn.Addr = door.listener.Addr().String()
		books, err := store.Open(t.Context(), dsn.FormatDSN(), db.Clock, deps.Log)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, books.Close()) })
		deps.Store = books
	})
	require.Equal(t, http.StatusOK, s.do(http.MethodGet, "/readyz/webhooks", nil).status)
	door.shut()
	for _, got := range []answer{
		s.book([]byte(validBody())),
		s.do(http.MethodGet, "/v1/bookings/FB-00000000", nil),
		s.do(http.MethodGet, "/readyz", nil),
		s.do(http.MethodGet, "/readyz/webhooks", nil),
		s.deliver(sign(t, event("evt_away"), webhookSecret, time.Now()), event("evt_away")),
	} {
		require.Equal(t, http.StatusServiceUnavailable, got.status, "%s", got.body)
		require.NotEmpty(t, got.header.Get("Retry-After"))
		got.problem(t)
	}
	s.requireNothing()
	door.open()
	require.Equal(t, http.StatusOK, s.do(http.MethodGet, "/readyz/webhooks", nil).status)
	require.Equal(t, http.StatusNotFound, s.do(http.MethodGet, "/v1/bookings/FB-00000000", nil).status)
}

// proxy stands between API and database, so that the connection can be cut.
type proxy struct {
	listener net.Listener
	target   string

	mu     sync.Mutex
	closed bool
	conns  []net.Conn
}

func openProxy(t *testing.T, target string) *proxy {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &proxy{listener: listener, target: target}
	t.Cleanup(func() {
		p.shut()
		_ = listener.Close() // the test is over
	})
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			p.forward(conn)
		}
	}()
	return p
}

func (p *proxy) forward(client net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	server, err := net.Dial("tcp", p.target)
	if p.closed || err != nil {
		_ = client.Close() // as a server that is away would
		if err == nil {
			_ = server.Close() // as above
		}
		return
	}
	p.conns = append(p.conns, client, server)
	go func() { _, _ = io.Copy(server, client) }() // ends when either is closed
	go func() { _, _ = io.Copy(client, server) }() // as above
}

func (p *proxy) shut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for _, conn := range p.conns {
		_ = conn.Close() // it may be closed already
	}
	p.conns = nil
}

func (p *proxy) open() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = false
}
