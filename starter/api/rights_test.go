package api_test

import (
	"net/http"
	"testing"

	"farebook/store"

	"github.com/stretchr/testify/require"
)

// A key that may only read is refused by 403 whatever it wants to change, and reads what is there.
func TestReadOnlyKeys(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	token, err := s.db.Store.CreateAPIKey(t.Context(), store.APIKey{Name: "reader", ReadOnly: true})
	require.NoError(t, err)
	s.token = token
	for _, refused := range []answer{
		s.book([]byte(validBody())),
		s.do(http.MethodPost, "/v1/bookings/FB-7K2M9QXA/cancel", nil),
	} {
		require.Equal(t, http.StatusForbidden, refused.status, "%s", refused.body)
		require.Contains(t, refused.problem(t).Detail, "may read and nothing else")
	}
	s.requireNothing()
	require.Equal(t, http.StatusNotFound, s.do(http.MethodGet, "/v1/bookings/FB-7K2M9QXA", nil).status)
}

// Who is no operator neither starts a reconciliation nor reads one: it is about every caller's bookings.
func TestOperatorKeys(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	token, err := s.db.Store.CreateAPIKey(t.Context(), store.APIKey{Name: "shop"})
	require.NoError(t, err)
	operator := s.token
	s.token = token
	for _, refused := range []answer{
		s.do(http.MethodPost, "/v1/reconciliations", nil), s.do(http.MethodGet, "/v1/reconciliations/recon_1", nil),
	} {
		require.Equal(t, http.StatusForbidden, refused.status, "%s", refused.body)
		require.Contains(t, refused.problem(t).Detail, "--operator")
	}
	require.Zero(t, s.db.Count(t, "SELECT COUNT(*) FROM reconciliation_runs"))
	s.token = operator
	require.Equal(t, http.StatusNotFound, s.do(http.MethodGet, "/v1/reconciliations/recon_1", nil).status)
}

// A revoked key is as good as none.
func TestRevokedKeys(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	require.Equal(t, http.StatusNotFound, s.do(http.MethodGet, "/v1/bookings/FB-7K2M9QXA", nil).status)
	require.NoError(t, s.db.Store.RevokeAPIKey(t.Context(), "test"))
	require.Equal(t, http.StatusUnauthorized, s.do(http.MethodGet, "/v1/bookings/FB-7K2M9QXA", nil).status)
}
