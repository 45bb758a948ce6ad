package api_test

import (
	"encoding/json"
	"net/http"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/access"
	"farebook/internal/dev/testdb"
)

// asAdmin is the API as an administrator's key sees it.
func (s *server) asAdmin(scopes ...access.Scope) *server {
	admin := *s
	admin.token = s.db.NewKey(s.t, "head office", append(scopes, access.Admin)...)
	return &admin
}

// post sends a body under an idempotency key and reads the answer into a map.
func (s *server) post(path, body, key string) (int, map[string]any) {
	s.t.Helper()
	headers := []string{}
	if key != "" {
		headers = append(headers, "Idempotency-Key", key)
	}
	got := s.do(http.MethodPost, path, []byte(body), headers...)
	var out map[string]any
	require.NoError(s.t, json.Unmarshal(got.body, &out), "%s", got.body)
	return got.status, out
}

// An administrator makes a client and its key over HTTP, rotates the key and revokes the old one: the new one sees what the
// old one booked.
func TestClientsAndKeysOverHTTP(t *testing.T) {
	t.Parallel()
	s := serve(t, withoutTemporal(t))
	admin := s.asAdmin(testdb.Shop...)
	status, client := admin.post("/v1/clients", `{"name":"new shop"}`, "c-1")
	require.Equal(t, http.StatusCreated, status, client)
	status, key := admin.post("/v1/api-keys", `{"client":"new shop","scopes":["bookings:read","bookings:write"]}`, "k-1")
	require.Equal(t, http.StatusCreated, status, key)
	shop := *s
	shop.token = key["token"].(string)
	shop.book([]byte(validBody()))
	path := "/v1/bookings/" + s.db.Text(t, "SELECT reference FROM bookings")

	status, rotated := admin.post("/v1/api-keys/"+key["id"].(string)+"/rotate", `{"overlapHours":1}`, "r-1")
	require.Equal(t, http.StatusCreated, status, rotated)
	require.Equal(t, http.StatusOK, shop.do(http.MethodGet, path, nil).status, "the old key within the overlap")
	status, revoked := admin.post("/v1/api-keys/"+key["id"].(string)+"/revoke", "", "")
	require.Equal(t, http.StatusOK, status, revoked)
	require.Equal(t, "revoked", revoked["state"])
	require.Equal(t, http.StatusUnauthorized, shop.do(http.MethodGet, path, nil).status)
	shop.token = rotated["token"].(string)
	require.Equal(t, http.StatusOK, shop.do(http.MethodGet, path, nil).status)

	status, _ = admin.post("/v1/clients/"+client["id"].(string)+"/disable", "", "")
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, http.StatusUnauthorized, shop.do(http.MethodGet, path, nil).status)
	status, enabled := admin.post("/v1/clients/new%20shop/enable", "", "")
	require.Equal(t, http.StatusNotFound, status, "a path with an escape is no path: %v", enabled)
	status, _ = admin.post("/v1/clients/"+client["id"].(string)+"/enable", "", "")
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, http.StatusOK, shop.do(http.MethodGet, path, nil).status)
}

// The token of a new key is answered once: a repetition answers the same key without it, and the database has it nowhere.
func TestATokenIsAnsweredOnce(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	admin := s.asAdmin()
	body := `{"client":"test","scopes":["admin"]}`
	status, first := admin.post("/v1/api-keys", body, "k-1")
	require.Equal(t, http.StatusCreated, status, first)
	token := first["token"].(string)
	status, again := admin.post("/v1/api-keys", body, "k-1")
	require.Equal(t, http.StatusCreated, status, again)
	require.Equal(t, first["id"], again["id"])
	require.NotContains(t, again, "token")
	require.Zero(t, s.db.Count(t, "SELECT COUNT(*) FROM idempotency_keys WHERE answer_body LIKE CONCAT('%', ?, '%')", token))
	require.Zero(t, s.db.Count(t, "SELECT COUNT(*) FROM audit_log WHERE detail LIKE CONCAT('%', ?, '%')", token))
	status, conflict := admin.post("/v1/api-keys", `{"client":"head office","scopes":["admin"]}`, "k-1")
	require.Equal(t, http.StatusUnprocessableEntity, status, conflict)
}

// A key hands on only scopes that it holds, also by rotating a key that holds more.
func TestAKeyGrantsOnlyWhatItHolds(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	admin := s.asAdmin(access.BookingsRead)
	status, refused := admin.post("/v1/api-keys", `{"client":"test","scopes":["bookings:read","refunds:write","finance:read"]}`, "k-1")
	require.Equal(t, http.StatusForbidden, status)
	require.Contains(t, refused["detail"], "does not have refunds:write,finance:read")
	powerful := s.db.Text(t, "SELECT key_id FROM api_keys WHERE scopes LIKE '%reconciliation:write%'")
	status, refused = admin.post("/v1/api-keys/"+powerful+"/rotate", "", "r-1")
	require.Equal(t, http.StatusForbidden, status, refused)
	require.Equal(t, 1, s.db.Count(t, "SELECT COUNT(*) FROM api_keys WHERE scopes LIKE '%reconciliation:write%'"))
	require.Equal(t, 0, s.db.Count(t, "SELECT COUNT(*) FROM idempotency_keys"))
}

// Only admin reaches clients, keys and the audit log.
func TestOnlyAdminsManageKeys(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	s.token = s.db.NewKey(t, "everything but admin", access.All()[:len(access.All())-1]...)
	for method, paths := range map[string][]string{
		http.MethodGet: {"/v1/clients", "/v1/api-keys", "/v1/audit"},
		http.MethodPost: {
			"/v1/clients", "/v1/api-keys", "/v1/api-keys/ak_0000000000/rotate", "/v1/api-keys/ak_0000000000/revoke",
			"/v1/clients/test/disable", "/v1/clients/test/enable", "/v1/clients/test/merge",
		},
	} {
		for _, path := range paths {
			got := s.do(method, path, nil, "Idempotency-Key", "k")
			require.Equal(t, http.StatusForbidden, got.status, "%s %s", method, path)
			require.Contains(t, got.problem(t).Detail, "needs the scope admin")
		}
	}
}

// Wrong bodies are named field by field, and nothing is made.
func TestBadAdminRequests(t *testing.T) {
	t.Parallel()
	s := serve(t, nil).asAdmin()
	keys := s.db.Count(t, "SELECT COUNT(*) FROM api_keys")
	for i, c := range []struct {
		path, body string
		status     int
		want       string
	}{
		{"/v1/clients", ``, 400, "is empty"},
		{"/v1/clients", `{"name":""}`, 422, "1 to 100 characters"},
		{"/v1/clients", `{"name":" shop"}`, 422, "or begin or end with a space"},
		{"/v1/clients", `{"name":"a\nb"}`, 422, "control characters, invisible characters"},
		{"/v1/clients", "{\"name\":\"shop\u202egnp\"}", 422, "direction marks"},
		{"/v1/clients", `{"name":"test"}`, 409, "a client named"},
		{"/v1/clients", `{"name":"x","admin":true}`, 422, "body.admin"},
		{"/v1/api-keys", `{"client":"nobody","scopes":["admin"]}`, 404, "No client has"},
		{"/v1/api-keys", `{"client":"test","scopes":[]}`, 422, "is empty: send at least one of"},
		{"/v1/api-keys", `{"client":"test","scopes":["root"]}`, 422, "unknown scope"},
		{"/v1/api-keys", `{"client":"test","scopes":"admin"}`, 422, "is a string"},
		{"/v1/api-keys", `{"client":"test","scopes":["admin"],"expiresAt":"2020-01-01T00:00:00Z"}`, 422, "not in the future"},
		{"/v1/api-keys", `{"client":"test","scopes":["admin"],"expiresAt":"tomorrow"}`, 422, "send RFC 3339, such as 2027-03-01T09:30:00Z"},
		{"/v1/api-keys/ak_0000000000/rotate", ``, 404, "No API key has"},
		{"/v1/api-keys/ak_0000000000/revoke", ``, 404, "No API key has"},
		{"/v1/api-keys/x/rotate", `{"overlapHours":-1}`, 422, "out of range"},
		{"/v1/api-keys/x/revoke", `{"now":true}`, 422, "body.now"},
		{"/v1/clients/test/merge", `{"from":"test"}`, 409, "with itself"},
		{"/v1/clients/test/merge", `{"from":"nobody"}`, 404, "No client has"},
		{"/v1/clients/test/merge", `{"from":"test","dryRun":1}`, 422, "true or false"},
	} {
		got := s.do(http.MethodPost, c.path, []byte(c.body), "Idempotency-Key", strconv.Itoa(i))
		require.Equal(t, c.status, got.status, "%s %s: %s", c.path, c.body, got.body)
		require.Contains(t, string(got.body), c.want, "%s %s", c.path, c.body)
	}
	require.Equal(t, keys, s.db.Count(t, "SELECT COUNT(*) FROM api_keys"))
	require.Zero(t, s.db.Count(t, "SELECT COUNT(*) FROM idempotency_keys WHERE answer_body IS NOT NULL"))
}

// A client that was merged has no keys: disabling it would refuse nobody, and the answer says whose keys they are.
func TestMergedClientIsNotDisabledOverHTTP(t *testing.T) {
	t.Parallel()
	s := serve(t, nil).asAdmin()
	s.db.NewKey(t, "branch", testdb.Shop...)
	got := s.do(http.MethodPost, "/v1/clients/test/merge", []byte(`{"from":"branch"}`))
	require.Equal(t, http.StatusOK, got.status, "%s", got.body)
	got = s.do(http.MethodPost, "/v1/clients/branch/disable", nil)
	require.Equal(t, http.StatusConflict, got.status, "%s", got.body)
	require.Contains(t, got.problem(t).Detail, "was merged into cl_")
}

// Lists come in pages; the audit log tells who did it, under which request.
func TestAdminListsComeInPages(t *testing.T) {
	t.Parallel()
	s := serve(t, nil).asAdmin()
	for _, name := range []string{"a", "b", "c"} {
		got := s.do(http.MethodPost, "/v1/clients", []byte(`{"name":"`+name+`"}`), "X-Correlation-ID", "request-"+name+"001")
		require.Equal(t, http.StatusCreated, got.status, "%s", got.body)
	}
	var page struct {
		Clients []struct{ Name string }
		Entries []struct{ Actor, Action, Subject, Detail, CorrelationID string }
		HasMore bool
		Next    string
	}
	var names []string
	for path := "/v1/clients?limit=2"; ; path = "/v1/clients?limit=2&after=" + page.Next {
		page.Clients, page.HasMore = nil, false
		require.NoError(t, json.Unmarshal(s.do(http.MethodGet, path, nil).body, &page))
		for _, client := range page.Clients {
			names = append(names, client.Name)
		}
		if !page.HasMore {
			break
		}
	}
	require.Equal(t, []string{"test", "head office", "a", "b", "c"}, names)
	require.NoError(t, json.Unmarshal(s.do(http.MethodGet, "/v1/audit?limit=1", nil).body, &page))
	require.True(t, page.HasMore)
	entry := page.Entries[0]
	require.Equal(t, "client.create", entry.Action)
	require.Equal(t, "c", entry.Detail)
	require.Equal(t, "request-c001", entry.CorrelationID)
	require.Regexp(t, `^head office \(ak_[0-9A-Z]{10}\)$`, entry.Actor)
	require.Equal(t, http.StatusUnprocessableEntity, s.do(http.MethodGet, "/v1/clients?limit=101", nil).status)
}

// Every POST honours the key: a repetition gets the first answer and is marked as replayed; another object under the same key is refused.
func TestAdminActionsAreReplayedUnderTheirKey(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	admin := s.asAdmin()
	key := s.db.Text(t, "SELECT key_id FROM api_keys WHERE scopes NOT LIKE '%admin%'")
	for path, state := range map[string]string{"/v1/api-keys/" + key + "/revoke": "revoked", "/v1/clients/test/disable": "disabled"} {
		for i, replayed := range []string{"", "true", "true"} {
			got := admin.do(http.MethodPost, path, nil, "Idempotency-Key", path)
			require.Equal(t, http.StatusOK, got.status, "%s", got.body)
			require.Equal(t, replayed, got.header.Get("Idempotent-Replayed"), "%s, request %d", path, i+1)
			require.Contains(t, string(got.body), `"state":"`+state+`"`)
		}
		status, refused := admin.post("/v1/clients/test/enable", "", path)
		require.Equal(t, http.StatusUnprocessableEntity, status)
		require.Equal(t, "urn:farebook:problem:idempotency-key-reused", refused["type"])
	}
	require.Equal(t, 1, s.db.Count(t, "SELECT COUNT(*) FROM audit_log WHERE action = 'api-key.revoke'"))
}

// An administrator who merges its own client into another one has its key moved with the rest: the request and its repetition are
// answered.
func TestAnAdministratorMergesItsOwnClient(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	admin := s.asAdmin()
	for range 2 {
		status, merged := admin.post("/v1/clients/test/merge", `{"from":"head office"}`, "merge-1")
		require.Equal(t, http.StatusOK, status, merged)
		require.NotEmpty(t, merged["into"])
	}
	require.Equal(t, 1, s.db.Count(t, "SELECT COUNT(*) FROM api_clients WHERE merged_into IS NOT NULL"))
}
