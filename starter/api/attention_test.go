package api_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/access"
)

type mattersView struct {
	Matters []struct {
		ID                       uint64
		Booking, Kind, Text      string
		ClosedAt, ClosedBy, Note string
	}
	HasMore bool
	Next    string
}

// desk is the API as an operator's key sees it.
func (s *server) desk(scopes ...access.Scope) *server {
	desk := *s
	desk.token = s.db.NewKey(s.t, "desk", scopes...)
	return &desk
}

func (s *server) matters(query string) (page mattersView) {
	s.t.Helper()
	got := s.do(http.MethodGet, "/v1/attention"+query, nil)
	require.Equal(s.t, http.StatusOK, got.status, "%s", got.body)
	require.NoError(s.t, json.Unmarshal(got.body, &page))
	return page
}

func (s *server) openMatter(kind, reference string) {
	s.t.Helper()
	s.db.Exec(s.t, `INSERT INTO attention_items (booking_id, kind, subject, text, opened_at, closed_by, note)
		VALUES ((SELECT id FROM bookings WHERE reference = ?), ?, UUID(), ?, UTC_TIMESTAMP(6), '', '')`, reference, kind, "about "+kind)
}

// What an operator has to look at is read page by page, the newest first, narrowed by booking, kind and state.
func TestAttentionIsListedOverHTTP(t *testing.T) {
	t.Parallel()
	s := serve(t, withoutTemporal(t))
	s.book([]byte(validBody()))
	reference := s.db.Text(t, "SELECT reference FROM bookings")
	s.openMatter("refund_failed", reference)
	s.openMatter("refund_failed", "")
	s.openMatter("departed", reference)
	s.db.Exec(t, "UPDATE attention_items SET closed_at = UTC_TIMESTAMP(6) WHERE kind = 'departed'")
	desk := s.desk(access.OperationsRead)

	page := desk.matters("?limit=1")
	require.Len(t, page.Matters, 1)
	require.True(t, page.HasMore)
	require.Empty(t, page.Matters[0].Booking, "an object that belongs to no booking")
	page = desk.matters("?limit=1&after=" + page.Next)
	require.Equal(t, reference, page.Matters[0].Booking)
	require.False(t, page.HasMore)
	require.Equal(t, reference, desk.matters("?limit=1&order=oldest").Matters[0].Booking)
	for query, want := range map[string]int{
		"?state=all": 3, "?state=closed": 1, "?kind=refund_failed": 2, "?kind=departed": 0, "?kind=departed&state=closed": 1,
		"?booking=" + reference: 1, "?booking=" + reference + "&state=all": 2,
	} {
		require.Len(t, desk.matters(query).Matters, want, query)
	}
	for query, status := range map[string]int{
		"?kind=nonsense": http.StatusUnprocessableEntity, "?state=x": http.StatusUnprocessableEntity, "?limit=0": http.StatusUnprocessableEntity,
		"?booking=FB-00000000": http.StatusNotFound,
	} {
		require.Equal(t, status, desk.do(http.MethodGet, "/v1/attention"+query, nil).status, query)
	}
	refused := desk.do(http.MethodGet, "/v1/attention?kind=nonsense", nil).problem(t)
	require.Contains(t, refused.Errors[0].Message, "late_money")
}

// A matter is closed once, by whoever comes first; the same decision again, with or without its key, is answered the same, and the
// audit log has one line.
func TestAttentionIsClosedOverHTTP(t *testing.T) {
	t.Parallel()
	s := serve(t, withoutTemporal(t))
	s.openMatter("refund_failed", "")
	id := s.db.Text(t, "SELECT id FROM attention_items")
	path := "/v1/attention/" + id + "/close"
	desk := s.desk(access.OperationsRead, access.OperationsWrite)
	for body, status := range map[string]int{
		"": http.StatusBadRequest, "{}": http.StatusUnprocessableEntity, `{"note":" "}`: http.StatusUnprocessableEntity,
		`{"note":7}`:                http.StatusUnprocessableEntity,
		`{"note":"paid","by":"me"}`: http.StatusUnprocessableEntity,
	} {
		got := desk.do(http.MethodPost, path, []byte(body))
		require.Equal(t, status, got.status, "%s: %s", body, got.body)
	}
	require.Len(t, desk.matters("").Matters, 1)

	for _, key := range []string{"close-1", "close-1", "close-2", ""} {
		status, closed := desk.post(path, `{"note":"paid by bank transfer"}`, key)
		require.Equal(t, http.StatusOK, status, closed)
		require.Equal(t, "paid by bank transfer", closed["note"])
		require.Contains(t, closed["closedBy"], "desk (ak_")
		require.NotEmpty(t, closed["closedAt"])
	}
	require.Empty(t, desk.matters("").Matters)
	require.Equal(t, 1, s.db.Count(t,
		"SELECT COUNT(*) FROM audit_log WHERE action = 'attention.close' AND subject = ? AND client_id IS NOT NULL", "attention/"+id))
	require.Zero(t, s.db.Count(t, "SELECT COUNT(*) FROM audit_log WHERE detail LIKE '%bank transfer%'"), "a note is no detail")

	status, refused := desk.post(path, `{"note":"another decision"}`, "close-3")
	require.Equal(t, http.StatusConflict, status)
	require.Contains(t, refused["detail"], "was closed already")
	status, refused = desk.post(path, `{"note":"another decision"}`, "close-1")
	require.Equal(t, http.StatusUnprocessableEntity, status, "the same key with another body: %v", refused)
	status, _ = desk.post("/v1/attention/999/close", `{"note":"x"}`, "")
	require.Equal(t, http.StatusNotFound, status)
	status, _ = desk.post("/v1/attention/x/close", `{"note":"x"}`, "")
	require.Equal(t, http.StatusUnprocessableEntity, status)
}
