package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/access"
	"farebook/store"
)

type savedView struct {
	ID                uint64
	List, Name, Query string
	RemovedAt         *string
}

func (s *server) views(list string) (views []savedView) {
	s.t.Helper()
	got := s.do(http.MethodGet, "/v1/views?list="+list, nil)
	require.Equal(s.t, http.StatusOK, got.status, "%s", got.body)
	var body struct{ Views []savedView }
	require.NoError(s.t, json.Unmarshal(got.body, &body))
	return body.Views
}

// The filters of a list are saved under a name, replaced under the same name, and removed; the row stays, and only its owner sees it.
func TestViewsAreSavedOverHTTP(t *testing.T) {
	t.Parallel()
	s := serve(t, withoutTemporal(t)).desk(access.OperationsRead)
	var saved, again savedView
	s.act(http.StatusOK, "/v1/views", `{"list":"bookings","name":"Paid, abroad","query":"?status=confirmed&currency=EUR&flight="}`, "key-1", nil)
	require.Empty(t, s.views("refunds"))
	s.act(http.StatusOK, "/v1/views", `{"list":"bookings","name":"Failed","query":"status=payment_failed"}`, "", &saved)
	s.act(http.StatusOK, "/v1/views", `{"list":"bookings","name":"Failed","query":"status=payment_failed"}`, "", &again)
	require.Equal(t, saved, again)
	require.Equal(t, 2, s.audited("view.save"))
	s.act(http.StatusOK, "/v1/views", `{"list":"bookings","name":"Failed","query":"status=expired"}`, "", &again)
	require.Equal(t, saved.ID, again.ID)
	require.Equal(t, 3, s.audited("view.save"))
	shown := s.views("bookings")
	require.Len(t, shown, 2)
	require.Equal(t, "status=expired", shown[0].Query)
	require.Equal(t, "currency=EUR&status=confirmed", shown[1].Query, "in the order of the names, without empty ones")

	path := "/v1/views/" + strconv.FormatUint(saved.ID, 10) + "/remove"
	other := *s
	other.token = s.db.NewKey(t, "other desk", access.OperationsRead)
	require.Empty(t, other.views("bookings"))
	other.act(http.StatusNotFound, path, "", "", nil)
	for range 2 {
		s.act(http.StatusOK, path, "", "", &again)
		require.NotNil(t, again.RemovedAt)
	}
	require.Len(t, s.views("bookings"), 1)
	require.Equal(t, 1, s.audited("view.remove"))
	s.act(http.StatusOK, "/v1/views", `{"list":"bookings","name":"Failed","query":"status=payment_failed"}`, "", &again)
	require.NotEqual(t, saved.ID, again.ID)
	require.Equal(t, 3, s.db.Count(t, "SELECT COUNT(*) FROM saved_views"))
}

// A view keeps no address of a traveller and no cursor, and a list has a bounded number of them.
func TestViewsAreBounded(t *testing.T) {
	t.Parallel()
	s := serve(t, withoutTemporal(t)).desk(access.OperationsRead)
	for body, field := range map[string]string{
		`{"list":"Bookings","name":"a","query":""}`:                             "body.list",
		`{"list":"bookings","name":" a","query":""}`:                            "body.name",
		`{"list":"bookings","name":"a\nb","query":""}`:                          "body.name",
		`{"list":"bookings","name":"a","query":"email=layla%40example.com"}`:    "body.query",
		`{"list":"bookings","name":"a","query":"q=layla%40example.com"}`:        "body.query",
		`{"list":"bookings","name":"a","query":"after=x"}`:                      "body.query",
		`{"list":"bookings","name":"a","query":"%zz"}`:                          "body.query",
		`{"list":"bookings","name":"a"}`:                                        "body.query",
		`{"list":"bookings","name":"a","query":"status=failed","owner":"root"}`: "body.owner",
	} {
		refused := s.act(http.StatusUnprocessableEntity, "/v1/views", body, "", nil).problem(t)
		require.Equal(t, field, refused.Errors[0].Location, body)
	}
	require.Zero(t, s.db.Count(t, "SELECT COUNT(*) FROM saved_views"))
	for n := range store.MaxSavedViews {
		s.act(http.StatusOK, "/v1/views", fmt.Sprintf(`{"list":"bookings","name":"view %d","query":"status=failed"}`, n), "", nil)
	}
	refused := s.act(http.StatusConflict, "/v1/views", `{"list":"bookings","name":"one more","query":"status=failed"}`, "", nil).problem(t)
	require.Contains(t, refused.Type, "too-many-views")
	s.act(http.StatusOK, "/v1/views", `{"list":"bookings","name":"view 7","query":"status=expired"}`, "", nil)
	s.act(http.StatusOK, "/v1/views", `{"list":"refunds","name":"one more","query":"status=failed"}`, "", nil)
}
