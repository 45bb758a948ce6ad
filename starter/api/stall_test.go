package api_test

import (
	"context"
	"log/slog"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/access"
	"farebook/internal/dev/devstack"
	"farebook/internal/dev/testdb"
	"farebook/internal/dev/testkit"
	"farebook/starter/api"
	"farebook/store"
)

// stalledRequest is how long a request of these tests waits for the database.
const stalledRequest = 200 * time.Millisecond

// stalling serves the API on a database of its server, without any limit but that of a request: what is answered while the database
// stalls is answered because of it.
func stalling(t *testing.T, db *testdb.DB) (*server, *store.Store) {
	t.Helper()
	books, err := store.Open(t.Context(), db.AppDSN+"&innodb_lock_wait_timeout=1000", db.Clock, slog.New(slog.DiscardHandler),
		store.StatementLimit(time.Hour), store.PoolOf(4, 4, time.Hour))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, books.Close()) })
	withoutTemporal := withoutTemporal(t)
	s := serveOn(t, db, func(db *testdb.DB, deps *api.Deps) {
		withoutTemporal(db, deps)
		deps.Store, deps.DatabaseTimeout = books, stalledRequest
	})
	s.token = db.NewKey(t, "everything", access.All()...)
	return s, books
}

// everyRoute sends a request to each operation that reads or writes the database, all at once, and returns the answers by operation.
func (s *server) everyRoute() map[string]answer {
	s.t.Helper()
	answers := map[string]answer{}
	var mu sync.Mutex
	var all sync.WaitGroup
	for _, o := range s.operations() {
		if o.path == "/healthz" {
			continue
		}
		path := strings.NewReplacer("{reference}", "FB-7K2M9QXA", "{id}", "1", "{month}", "2026-11", "{account}", "asset:bank",
			"{delivery}", "msg_1", "{key}", "1", "{code}", "pr_7K2M9QXA4T", "{field}", "receipt").Replace(o.path)
		body, headers := []byte(o.body), []string{"Idempotency-Key", "key-" + o.path}
		if o.path == "/webhooks/stripe" {
			body = event("evt_stalled")
			headers = []string{"Stripe-Signature", sign(s.t, body, webhookSecret, time.Now())}
		}
		all.Go(func() {
			got := s.do(o.method, path, body, headers...)
			mu.Lock()
			defer mu.Unlock()
			answers[o.String()] = got
		})
	}
	all.Wait()
	require.Greater(s.t, len(answers), 20)
	return answers
}

// requireRefused checks that each route but those named says when to try again; the stall lasts until then.
func (s *server) requireRefused(except ...string) {
	s.t.Helper()
	for operation, got := range s.everyRoute() {
		if slices.Contains(except, operation) {
			continue
		}
		require.Equal(s.t, http.StatusServiceUnavailable, got.status, "%s: %s", operation, got.body)
		require.Equal(s.t, "5", got.header.Get("Retry-After"), operation)
		require.Contains(s.t, []string{"urn:farebook:problem:unavailable", "urn:farebook:problem:not-ready"}, got.problem(s.t).Type, operation)
	}
}

// requireServed checks that the API works again after the stall, and that nothing is left behind at the server.
func (s *server) requireServed() {
	s.t.Helper()
	require.Eventually(s.t, s.takesWebhooks, testkit.Patience, testkit.Pace)
	body := event("evt_stalled")
	require.Eventually(s.t, func() bool { // each request has stalledRequest alone for the database, which has much to catch up with
		return s.do(http.MethodGet, "/v1/attention", nil).status == http.StatusOK &&
			s.deliver(sign(s.t, body, webhookSecret, time.Now()), body).status == http.StatusOK
	}, testkit.Patience, testkit.Pace)
	require.Equal(s.t, 1, s.db.Count(s.t, "SELECT COUNT(*) FROM stripe_events"))
	require.Eventually(s.t, func() bool {
		return s.db.Count(s.t, "SELECT COUNT(*) FROM information_schema.processlist WHERE user = '"+s.db.Name+"' AND command <> 'Sleep'") == 0
	}, testkit.Patience, testkit.Pace, "a statement of a request that was answered still runs at the server")
}

// The server's process stands still, as on a machine that is out of memory or whose disk hangs: it accepts connections and answers nothing.
func TestStoppedDatabaseIsAnsweredWith503OnEveryRoute(t *testing.T) {
	t.Parallel()
	mariaDB, err := devstack.StartMariaDB(t.Context(), filepath.Join(t.TempDir(), "mariadb"), devstack.ForTests())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, mariaDB.Kill()) })
	s, _ := stalling(t, testdb.On(t, mariaDB.AdminDSN()))
	resume := testkit.Freeze(t, mariaDB.Pid())
	s.requireRefused()
	s.requireRefused() // also with connections that are opened during the stall
	resume()
	s.requireServed()
}

// Somebody holds every table, as a backup or DDL that waits does.
func TestLockedTablesAreAnsweredWith503OnEveryRoute(t *testing.T) {
	t.Parallel()
	s, _ := stalling(t, testdb.New(t))
	var tables string
	require.NoError(t, s.db.SQL.QueryRowContext(t.Context(), `SELECT GROUP_CONCAT(table_name, ' WRITE') FROM information_schema.tables
		WHERE table_schema = DATABASE()`).Scan(&tables))
	holder, err := s.db.SQL.Conn(t.Context())
	require.NoError(t, err)
	_, err = holder.ExecContext(t.Context(), "LOCK TABLES "+tables)
	require.NoError(t, err)
	t.Cleanup(func() {
		_, _ = holder.ExecContext(context.WithoutCancel(t.Context()), "UNLOCK TABLES") // a failed test leaves them locked
		require.NoError(t, holder.Close())
	})
	s.requireRefused("GET /readyz/webhooks") // which asks whether the server answers, and not for its tables
	_, err = holder.ExecContext(t.Context(), "UNLOCK TABLES")
	require.NoError(t, err)
	s.requireServed()
}

// All connections of the pool are in use, by statements that wait for a lock.
func TestExhaustedPoolIsAnsweredWith503OnEveryRoute(t *testing.T) {
	t.Parallel()
	s, books := stalling(t, testdb.New(t))
	held := store.Event{ID: "evt_held", Type: "customer.created", Created: time.Now().UTC(), Payload: []byte(`{}`)}
	_, err := s.db.Store.ReceiveEvent(t.Context(), held, "", time.Minute)
	require.NoError(t, err)
	holder, err := s.db.SQL.BeginTx(context.WithoutCancel(t.Context()), nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, holder.Rollback()) })
	_, err = holder.ExecContext(t.Context(), "SELECT id FROM stripe_events WHERE stripe_event_id = 'evt_held' FOR UPDATE")
	require.NoError(t, err)
	var waiting sync.WaitGroup
	ctx, giveUp := context.WithCancel(t.Context())
	t.Cleanup(func() { giveUp(); waiting.Wait() })
	size := books.Figures().MaxOpenConnections
	for range size {
		waiting.Go(func() { _, _ = books.ReceiveEvent(ctx, held, "", time.Minute) }) // ends with the test
	}
	require.Eventually(t, func() bool { return books.Figures().InUse == size }, testkit.Patience, testkit.Pace)
	s.requireRefused()
	require.NotZero(t, books.Figures().Refused)
}
