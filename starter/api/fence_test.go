package api_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/access"
	"farebook/store"
)

// While a fence is up, each operation that moves money is refused with the reason, and its Idempotency-Key is as good as new. Reads
// and webhooks work, and readiness says why no booking can be taken.
func TestFenceRefusesWhatMovesMoney(t *testing.T) {
	t.Parallel()
	s := serve(t, withoutTemporal(t))
	operator := access.Actor{Name: "alice@bastion"}
	_, _, err := s.db.Store.RaiseFence(t.Context(), store.NewFence{Reason: "the database was restored", By: operator, Now: time.Now().UTC()})
	require.NoError(t, err)
	body := []byte(validBody())
	for path, body := range map[string][]byte{
		"/v1/bookings":                     body,
		"/v1/bookings/FB-7K2M9QXA/cancel":  nil,
		"/v1/bookings/FB-7K2M9QXA/capture": nil,
		"/v1/bookings/FB-7K2M9QXA/refunds": nil,
	} {
		got := s.do(http.MethodPost, path, body, "Idempotency-Key", "fenced")
		require.Equal(t, http.StatusServiceUnavailable, got.status, "%s: %s", path, got.body)
		require.Equal(t, "60", got.header.Get("Retry-After"))
		require.Equal(t, "urn:farebook:problem:fenced", got.problem(t).Type)
		require.Contains(t, got.problem(t).Detail, "the database was restored")
	}
	s.requireNothing()
	require.Equal(t, http.StatusUnauthorized, s.do(http.MethodPost, "/v1/bookings", body, "Authorization", "").status,
		"whoever has no key learns nothing")
	require.Equal(t, http.StatusNotFound, s.do(http.MethodGet, "/v1/bookings/FB-7K2M9QXA", nil).status)
	require.Contains(t, s.notReady(), "fence")
	require.True(t, s.takesWebhooks())

	_, err = s.db.Store.LowerFence(t.Context(), "rebuilt", operator, time.Now().UTC())
	require.NoError(t, err)
	require.NotContains(t, s.notReady(), "fence")
	s.do(http.MethodPost, "/v1/bookings", body, "Idempotency-Key", "fenced")
	require.Equal(t, 1, s.db.Count(t, "SELECT COUNT(*) FROM bookings"))
}

// What needs a scope that lets a key move money is refused by a fence, whichever operations are added.
func TestFenceCoversEachOperationThatMovesMoney(t *testing.T) {
	t.Parallel()
	s := serve(t, withoutTemporal(t))
	_, _, err := s.db.Store.RaiseFence(t.Context(), store.NewFence{Reason: "restored", Now: time.Now().UTC()})
	require.NoError(t, err)
	var document struct {
		Paths map[string]map[string]struct {
			Security []map[string][]string
		}
	}
	require.NoError(t, json.Unmarshal(s.do(http.MethodGet, "/openapi.json", nil).body, &document))
	fenced := 0
	for path, methods := range document.Paths {
		for _, needs := range methods["post"].Security {
			if !slices.Contains(needs["apiKey"], string(access.BookingsWrite)) && !slices.Contains(needs["apiKey"], string(access.RefundsWrite)) {
				continue
			}
			path = strings.NewReplacer("{reference}", "FB-7K2M9QXA", "{id}", "RF-7K2M9QXA").Replace(path)
			got := s.do(http.MethodPost, path, []byte("{}"), "Idempotency-Key", "key")
			require.Equal(t, "urn:farebook:problem:fenced", got.problem(t).Type, path)
			fenced++
		}
	}
	require.GreaterOrEqual(t, fenced, 4)
}
