package api_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/access"
	"farebook/internal/dev/bigbooks"
	"farebook/internal/dev/testdb"
	"farebook/starter/story"
)

func (s *server) story(reference string) (told story.Story) {
	s.t.Helper()
	got := s.do(http.MethodGet, "/v1/bookings/"+reference+"/story", nil)
	require.Equal(s.t, http.StatusOK, got.status, "%s", got.body)
	require.NoError(s.t, json.Unmarshal(got.body, &told))
	return told
}

// A story explains each posting, and shows the other bookings of the address: to an operator those of every client, to a client its own.
// Another client's booking has none.
func TestAStoryIsToldToWhoMayReadIt(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	require.NoError(t, bigbooks.Fill(t.Context(), db.AdminDSN, db.AppDSN, bigbooks.Options{Bookings: filled}))
	s := serveOn(t, db, withoutTemporal(t))
	reference := db.Text(t, `SELECT b.reference FROM bookings b JOIN refunds r ON r.booking_id = b.id WHERE b.client_id = 1
		ORDER BY b.id DESC LIMIT 1`)
	others := func(where string) int {
		return db.Count(t, "SELECT COUNT(*) FROM bookings o JOIN bookings b ON b.customer_email = o.customer_email AND b.id <> o.id "+
			"WHERE b.reference = ? AND "+where, reference)
	}
	s.token = db.NewKey(t, "desk", access.OperationsRead)
	told := s.story(reference)
	require.NotEmpty(t, told.Refunds)
	require.NotEmpty(t, told.Postings)
	require.NotEmpty(t, told.Timeline)
	for _, posting := range told.Postings {
		require.NotEmpty(t, posting.Why, posting.Type)
		require.NotEmpty(t, posting.Why[0].Text, posting.Type)
	}
	require.Len(t, told.Others, min(others("TRUE"), 49))
	require.NotEmpty(t, told.Others)

	s.token = bigbooks.Token(1)
	own := s.story(reference)
	require.Equal(t, told.Figures, own.Figures)
	require.Len(t, own.Others, min(others("o.client_id = 1"), 49))
	require.Empty(t, own.Attention)
	for _, email := range own.Emails {
		require.Equal(t, "customer", email.Audience)
	}
	s.token = bigbooks.Token(2)
	require.Equal(t, http.StatusNotFound, s.do(http.MethodGet, "/v1/bookings/"+reference+"/story", nil).status)
}
