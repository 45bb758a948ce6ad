package api_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/access"
)

type stepsView struct {
	TakenBy  string
	Yours    bool
	Comments int
	Steps    []struct{ Kind, By, Text, At string }
}

func (s *server) matter(id string) (shown stepsView) {
	s.t.Helper()
	got := s.do(http.MethodGet, "/v1/attention/"+id, nil)
	require.Equal(s.t, http.StatusOK, got.status, "%s", got.body)
	require.NoError(s.t, json.Unmarshal(got.body, &shown))
	return shown
}

// A matter is taken by one client, taken over by another one that says so, and given back by whoever has it. Each is once in the audit log,
// however often it is asked for.
func TestAMatterIsTakenOverHTTP(t *testing.T) {
	t.Parallel()
	s := serve(t, withoutTemporal(t))
	s.openMatter("refund_failed", "")
	id := s.db.Text(t, "SELECT id FROM attention_items")
	desk := s.desk(access.OperationsRead, access.OperationsWrite)
	other := *desk
	other.token = s.db.NewKey(t, "back office", access.OperationsRead, access.OperationsWrite)
	path := "/v1/attention/" + id
	for _, key := range []string{"take-1", "take-1", "take-2", ""} {
		status, taken := desk.post(path+"/take", "", key)
		require.Equal(t, http.StatusOK, status, taken)
		require.Contains(t, taken["takenBy"], "desk (ak_")
		require.Equal(t, true, taken["yours"])
	}
	require.False(t, other.matter(id).Yours)
	requireTaken(t, desk, &other)
	status, refused := other.post(path+"/take", "{}", "take-3")
	require.Equal(t, http.StatusConflict, status)
	require.Contains(t, refused["detail"], "desk (ak_")
	require.Contains(t, refused["type"], "matter-taken")
	status, _ = other.post(path+"/give-back", "", "")
	require.Equal(t, http.StatusConflict, status)
	status, _ = other.post(path+"/take", `{"takeOver":1}`, "")
	require.Equal(t, http.StatusUnprocessableEntity, status)
	status, taken := other.post(path+"/take", `{"takeOver":true}`, "take-4")
	require.Equal(t, http.StatusOK, status, taken)
	require.True(t, other.matter(id).Yours)
	status, _ = other.post(path+"/give-back", "", "back-1")
	require.Equal(t, http.StatusOK, status)
	require.Empty(t, desk.matter(id).TakenBy)
	require.Equal(t, "attention.take attention.take attention.give-back", s.db.Text(t,
		"SELECT GROUP_CONCAT(action ORDER BY id SEPARATOR ' ') FROM audit_log WHERE subject = ?", "attention/"+id))
	for _, unknown := range []string{"/v1/attention/999/take", "/v1/attention/999/give-back"} {
		status, _ = desk.post(unknown, "", "")
		require.Equal(t, http.StatusNotFound, status)
	}
}

// A comment is kept once under a key, and has who wrote it when.
func TestAMatterIsCommentedOnOverHTTP(t *testing.T) {
	t.Parallel()
	s := serve(t, withoutTemporal(t))
	s.book([]byte(validBody()))
	reference := s.db.Text(t, "SELECT reference FROM bookings")
	s.openMatter("refund_failed", reference)
	id := s.db.Text(t, "SELECT id FROM attention_items")
	desk := s.desk(access.OperationsRead, access.OperationsWrite)
	path := "/v1/attention/" + id + "/comments"
	for body, want := range map[string]int{
		"": http.StatusBadRequest, "{}": http.StatusUnprocessableEntity, `{"text":" "}`: http.StatusUnprocessableEntity,
		`{"text":7}`: http.StatusUnprocessableEntity, `{"text":"x","by":"me"}`: http.StatusUnprocessableEntity,
	} {
		require.Equal(t, want, desk.do(http.MethodPost, path, []byte(body)).status, body)
	}
	for _, key := range []string{"say-1", "say-1", "say-2"} {
		status, answer := desk.post(path, `{"text":"the bank answers on Monday"}`, key)
		require.Equal(t, http.StatusCreated, status, answer)
	}
	shown := desk.matter(id)
	require.Equal(t, 2, shown.Comments)
	require.Len(t, shown.Steps, 2)
	require.Equal(t, "the bank answers on Monday", shown.Steps[0].Text)
	require.Contains(t, shown.Steps[0].By, "desk (ak_")
	require.NotEmpty(t, shown.Steps[0].At)
	require.Equal(t, http.StatusNotFound, desk.do(http.MethodGet, "/v1/attention/999", nil).status)

	story := string(desk.do(http.MethodGet, "/v1/bookings/"+reference+"/story", nil).body)
	require.Contains(t, story, "the bank answers on Monday")
	require.NotContains(t, string(s.do(http.MethodGet, "/v1/bookings/"+reference+"/story", nil).body), "Monday", "it is not the client's")
}

// requireTaken: the one open matter is that of desk, by each of the filters.
func requireTaken(t *testing.T, desk, other *server) {
	t.Helper()
	require.Len(t, desk.matters("?takenBy=me").Matters, 1)
	require.Empty(t, other.matters("?takenBy=me").Matters)
	require.Empty(t, desk.matters("?takenBy=nobody").Matters)
	name := desk.db.Text(t, "SELECT actor FROM attention_steps")
	require.Len(t, other.matters("?kind=refund_failed&takenBy="+url.QueryEscape(name)).Matters, 1)
	refused := desk.do(http.MethodGet, "/v1/attention?takenBy=me&state=all", nil)
	require.Equal(t, http.StatusUnprocessableEntity, refused.status)
	require.Equal(t, "query.takenBy", refused.problem(t).Errors[0].Location)
}
