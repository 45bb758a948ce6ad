package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/access"
)

// A cursor leads on in the list that it was made for only: for the same filters, the same client, the same operation.
func TestCursorsOfOtherListsAreRefused(t *testing.T) {
	t.Parallel()
	s := serve(t, withoutTemporal(t))
	for range 3 {
		s.openMatter("refund_failed", "")
	}
	desk := s.desk(access.OperationsRead, access.Admin)
	next := desk.matters("?limit=1&kind=refund_failed").Next
	require.NotEmpty(t, next)
	require.Len(t, desk.matters("?limit=1&kind=refund_failed&after="+next).Matters, 1)

	other := s.db.NewKey(t, "other desk", access.OperationsRead)
	flipped := strings.Map(func(r rune) rune {
		if r == 'A' {
			return 'B'
		}
		return r
	}, next)
	for name, c := range map[string]struct{ token, query string }{
		"forged":          {desk.token, "/v1/attention?limit=1&kind=refund_failed&after=" + flipped},
		"cut":             {desk.token, "/v1/attention?limit=1&kind=refund_failed&after=" + next[:len(next)-1]},
		"a number":        {desk.token, "/v1/attention?limit=1&kind=refund_failed&after=2"},
		"of other words":  {desk.token, "/v1/attention?limit=1&after=" + next},
		"of another list": {desk.token, "/v1/audit?limit=1&after=" + next},
		"of a client":     {other, "/v1/attention?limit=1&kind=refund_failed&after=" + next},
	} {
		s.token = c.token
		got := s.do(http.MethodGet, c.query, nil)
		require.Equal(t, http.StatusUnprocessableEntity, got.status, "%s: %s", name, got.body)
		wrong := got.problem(t).Errors
		require.Len(t, wrong, 1, name)
		require.Equal(t, "query.after", wrong[0].Location, name)
		require.Contains(t, wrong[0].Message, "send the next of the previous page", name)
	}
}
