package api_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/access"
	"farebook/starter/api"
	"farebook/store"
)

// Somebody who has signed in to the console needs no key, has the scopes of the role, and sees every client's bookings.
func TestAPersonOfTheConsoleHasTheScopesOfTheRole(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	ask := func(role access.Role, path string) *httptest.ResponseRecorder {
		dana := store.Person{Issuer: "https://login.example", Subject: "1", Name: "Dana", Role: role}
		person, err := s.db.Store.SignIn(t.Context(), dana, "sign-in")
		require.NoError(t, err)
		request := httptest.NewRequestWithContext(api.As(t.Context(), person), http.MethodGet, path, nil)
		answer := httptest.NewRecorder()
		s.handler.ServeHTTP(answer, request)
		return answer
	}
	require.Equal(t, http.StatusOK, ask(access.Viewer, "/v1/payouts").Code)
	refused := ask(access.Viewer, "/v1/audit")
	require.Equal(t, http.StatusForbidden, refused.Code)
	require.Contains(t, refused.Body.String(), "The role viewer is not allowed to do this: it needs the scope admin")
	require.Equal(t, http.StatusOK, ask(access.Administrator, "/v1/audit").Code)
	require.Equal(t, http.StatusUnauthorized, s.do(http.MethodGet, "/v1/payouts", nil, "Authorization", "").status, "nobody else needs no key")
}
