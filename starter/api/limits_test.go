package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testdb"
	"farebook/starter/api"
	"farebook/starter/limit"
	"farebook/store"
)

// few refills so slowly that no test sees it.
var few = limit.Rate{PerSecond: 1.0 / 60, Burst: 3}

// requireTooMany requires a 429 that says which limit was reached, and when to come again.
func requireTooMany(t *testing.T, got answer, name string) {
	t.Helper()
	require.Equal(t, http.StatusTooManyRequests, got.status, "%s", got.body)
	require.Equal(t, "urn:farebook:problem:too-many-requests", got.problem(t).Type)
	seconds, err := strconv.Atoi(got.header.Get("Retry-After"))
	require.NoError(t, err)
	require.Greater(t, seconds, 0)
	require.LessOrEqual(t, seconds, 60)
	require.Equal(t, fmt.Sprintf("%q;q=3;w=180", name), got.header.Get("RateLimit-Policy"))
	require.Regexp(t, fmt.Sprintf(`^%q;r=0;t=1[78]\d$`, name), got.header.Get("RateLimit"))
}

const unknown = "/v1/bookings/FB-7K2M9QXA"

// Reads and writes are limited apart, for all keys of one client together; what is refused is not done.
func TestRequestsOfAClientAreLimited(t *testing.T) {
	t.Parallel()
	s := serve(t, func(_ *testdb.DB, deps *api.Deps) { deps.Limits.Reads, deps.Limits.Writes = few, few })
	for left := 2; left >= 0; left-- {
		got := s.do(http.MethodGet, unknown, nil)
		require.Equal(t, http.StatusNotFound, got.status)
		require.Equal(t, `"reads";q=3;w=180`, got.header.Get("RateLimit-Policy"))
		require.Contains(t, got.header.Get("RateLimit"), fmt.Sprintf(`"reads";r=%d;t=`, left))
		require.Empty(t, got.header.Get("Retry-After"))
	}
	requireTooMany(t, s.do(http.MethodGet, unknown, nil), "reads")
	for range 3 {
		require.Equal(t, http.StatusUnprocessableEntity, s.book([]byte(`{}`)).status)
	}
	requireTooMany(t, s.book([]byte(validBody())), "writes")
	requireTooMany(t, s.do(http.MethodPost, unknown+"/cancel", nil), "writes")
	s.requireNothing()

	second, another := s.db.NewKey(t, "test"), s.db.NewKey(t, "another client")
	requireTooMany(t, s.do(http.MethodGet, unknown, nil, "Authorization", "Bearer "+second), "reads")
	require.Equal(t, http.StatusNotFound, s.do(http.MethodGet, unknown, nil, "Authorization", "Bearer "+another).status)
	require.Equal(t, http.StatusOK, s.do(http.MethodGet, "/healthz", nil).status)
}

// The default limits allow a client what docs/configuration.md says, at once.
func TestDefaultLimits(t *testing.T) {
	t.Parallel()
	s := serve(t, func(_ *testdb.DB, deps *api.Deps) { deps.Limits = api.Limits{} })
	require.Equal(t, `"reads";q=50;w=1`, s.do(http.MethodGet, unknown, nil).header.Get("RateLimit-Policy"))
	require.Equal(t, `"writes";q=25;w=1`, s.book([]byte(`{}`)).header.Get("RateLimit-Policy"))
}

// Who guesses keys is refused before the database is asked; a key that was valid a moment ago is not held up by it.
func TestWrongKeysOfAnAddressAreLimited(t *testing.T) {
	t.Parallel()
	s := serve(t, func(_ *testdb.DB, deps *api.Deps) { deps.Limits.WrongKeys = few })
	require.Equal(t, http.StatusNotFound, s.do(http.MethodGet, unknown, nil).status)
	fresh := s.db.NewKey(t, "fresh")
	guess := func(n int) answer {
		return s.do(http.MethodGet, unknown, nil, "Authorization", fmt.Sprintf("Bearer fbk_guess%d", n))
	}
	for n := range 3 {
		require.Equal(t, http.StatusUnauthorized, guess(n).status)
	}
	requireTooMany(t, guess(3), "wrong-keys")
	requireTooMany(t, s.do(http.MethodGet, unknown, nil, "Authorization", "Bearer "+fresh), "wrong-keys")
	requireTooMany(t, s.do(http.MethodGet, unknown, nil, "Authorization", ""), "wrong-keys")
	require.Equal(t, http.StatusNotFound, s.do(http.MethodGet, unknown, nil).status, "a known key passes")

	s.db.Exec(t, "UPDATE api_keys SET revoked_at = NOW(6) WHERE id = ?", s.db.Caller(t, s.token).KeyID)
	require.Equal(t, http.StatusUnauthorized, s.do(http.MethodGet, unknown, nil).status)
	requireTooMany(t, s.do(http.MethodGet, unknown, nil), "wrong-keys")
}

// Without a key, a stranger gets a few answers of any kind; the operator's own probes get all of them.
func TestStrangersAreLimitedAndProbesAreNot(t *testing.T) {
	t.Parallel()
	strangers := serve(t, func(_ *testdb.DB, deps *api.Deps) { deps.Limits.Strangers = few })
	require.Equal(t, http.StatusOK, strangers.do(http.MethodGet, "/healthz", nil).status)
	require.Equal(t, http.StatusOK, strangers.do(http.MethodGet, "/openapi.json", nil).status)
	require.Equal(t, http.StatusNotFound, strangers.do(http.MethodGet, "/admin", nil).status)
	for _, path := range []string{"/healthz", "/readyz", "/docs", "/openapi.json", "/admin", "/v1/unknown", "/v1/%2e"} {
		requireTooMany(t, strangers.do(http.MethodGet, path, nil), "strangers")
	}
	requireTooMany(t, strangers.do(http.MethodPut, "/v1/bookings", nil), "strangers")
	require.Equal(t, http.StatusNotFound, strangers.do(http.MethodGet, unknown, nil).status, "a caller with a key is no stranger")

	probes := serve(t, func(_ *testdb.DB, deps *api.Deps) {
		deps.Limits.Strangers, deps.Limits.ProbeNetworks = few, limit.Networks{netip.MustParsePrefix("127.0.0.0/8")}
	})
	for range 20 {
		require.Equal(t, http.StatusOK, probes.do(http.MethodGet, "/healthz", nil).status)
	}
}

// Each address behind a trusted proxy has its own limits. Nobody else can choose the address that counts.
func TestForwardedAddressesCountBehindATrustedProxyOnly(t *testing.T) {
	t.Parallel()
	loopback := limit.Networks{netip.MustParsePrefix("127.0.0.0/8")}
	health := func(s *server, forwarded string) answer {
		return s.do(http.MethodGet, "/healthz", nil, "X-Forwarded-For", forwarded)
	}
	behind := serve(t, func(_ *testdb.DB, deps *api.Deps) {
		deps.Limits.Strangers, deps.Limits.TrustedProxies, deps.Limits.ProbeNetworks = few, loopback, loopback
	})
	for _, address := range []string{"203.0.113.1", "203.0.113.2", "2001:db8::1"} {
		for range 3 {
			require.Equal(t, http.StatusOK, health(behind, address).status)
		}
		requireTooMany(t, health(behind, address), "strangers")
	}
	requireTooMany(t, health(behind, "127.0.0.1, 203.0.113.1"), "strangers")
	requireTooMany(t, health(behind, "2001:db8::2"), "strangers")

	open := serve(t, func(_ *testdb.DB, deps *api.Deps) { deps.Limits.Strangers = few })
	for n := range 3 {
		require.Equal(t, http.StatusOK, health(open, fmt.Sprintf("203.0.113.%d", n)).status)
	}
	requireTooMany(t, health(open, "203.0.113.9"), "strangers")
}

// Five hundred events at once, from one address, within the default limits: every one is taken, however slow the machine is.
func TestABurstOfWebhooksIsTaken(t *testing.T) {
	t.Parallel()
	s := serve(t, func(db *testdb.DB, deps *api.Deps) {
		withoutTemporal(t)(db, deps)
		deps.AnswerTimeout, deps.DatabaseTimeout, deps.Limits = time.Minute, time.Minute, api.Limits{}
		books, err := store.Open(t.Context(), db.AppDSN, db.Clock, deps.Log, store.ConnectionWait(time.Minute))
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, books.Close()) })
		deps.Store = books
	})
	const burst = 500
	statuses := make(chan int, burst)
	var group sync.WaitGroup
	for n := range burst {
		body := event(fmt.Sprintf("evt_%d", n))
		signature := sign(t, body, webhookSecret, time.Now())
		group.Go(func() {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/webhooks/stripe", bytes.NewReader(body))
			if err != nil {
				panic(err) // a path that is written here
			}
			request.Header.Set("Stripe-Signature", signature)
			response, err := s.client.Do(request)
			if err != nil {
				statuses <- 0
				return
			}
			_ = response.Body.Close() // only the status matters
			statuses <- response.StatusCode
		})
	}
	group.Wait()
	close(statuses)
	counts := map[int]int{}
	for status := range statuses {
		counts[status]++
	}
	require.Equal(t, map[int]int{http.StatusOK: burst}, counts)
	require.Equal(t, burst, s.db.Count(t, "SELECT COUNT(*) FROM stripe_events"))
}

// Webhooks have a limit too, and a stranger's forgeries are counted by it.
func TestWebhooksOfAnAddressAreLimited(t *testing.T) {
	t.Parallel()
	s := serve(t, func(_ *testdb.DB, deps *api.Deps) { deps.Limits.Webhooks = few })
	for range 3 {
		require.Equal(t, http.StatusBadRequest, s.deliver(forgery(), event("evt_1")).status)
	}
	requireTooMany(t, s.deliver(forgery(), event("evt_1")), "webhooks")
	require.Equal(t, http.StatusOK, s.do(http.MethodGet, "/healthz", nil).status)
}

// Every operation documents its limit.
func TestEveryOperationDocumentsItsLimit(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	var document struct {
		Paths map[string]map[string]struct {
			Responses map[string]struct{ Headers map[string]any }
		}
	}
	require.NoError(t, json.Unmarshal(s.do(http.MethodGet, "/openapi.json", nil).body, &document))
	require.NotEmpty(t, document.Paths)
	for path, operations := range document.Paths {
		for method, operation := range operations {
			for _, header := range []string{"Retry-After", "RateLimit", "RateLimit-Policy"} {
				require.Contains(t, operation.Responses["429"].Headers, header, "%s %s", method, path)
			}
		}
	}
}
