package clients_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/access"
	"farebook/internal/dev/consolekit"
)

const page = "/console/clients"

// The token of a new key is in the answer to the form and nowhere else: not after the same form again, not in a page, not in the database.
func TestAKeyIsShownOnce(t *testing.T) {
	t.Parallel()
	k := consolekit.New(t, nil)
	admin := k.As(access.Administrator)
	shown := admin.Submit(admin.Get(page).Require(http.StatusOK), `main form[action="`+page+`"]`, "name", "shop").Require(http.StatusOK)
	require.Equal(t, "Client shop", shown.Text("h1"))
	client := shown.URL.Path
	form := `main form[action="` + client + `/keys"]`
	shown = admin.Submit(shown, form).Require(http.StatusUnprocessableEntity)
	require.NotEmpty(t, shown.Text(form+" .error"), "no scope was chosen")

	fields := url.Values{"scopes": {"bookings:read", "bookings:write"}, "_key": {shown.Find(form+" input[name=_key]").AttrOr("value", "")}}
	made := admin.Post(client+"/keys", fields).Require(http.StatusOK)
	token := made.Find("#token").AttrOr("value", "")
	require.True(t, strings.HasPrefix(token, "fbk_"), made.Text("main"))
	require.Equal(t, "no-store", made.Header.Get("Cache-Control"))
	caller := k.DB.Caller(t, token)
	require.Equal(t, "bookings:read,bookings:write", caller.Scopes.String())

	again := admin.Post(client+"/keys", fields).Require(http.StatusOK)
	require.Contains(t, again.Text("main"), "cannot be shown again")
	require.NotContains(t, again.Body, token)
	listed := admin.Get(client).Require(http.StatusOK)
	require.NotContains(t, listed.Body, token)
	require.Contains(t, listed.Body, token[:8])
	require.Equal(t, 1, listed.Find("tbody tr").Length())
	require.Zero(t, k.DB.Count(t, "SELECT COUNT(*) FROM idempotency_keys WHERE answer_body LIKE CONCAT('%', ?, '%')", token))
	require.Equal(t, 1, k.DB.Count(t, "SELECT COUNT(*) FROM audit_log WHERE action = 'api-key.create' AND actor LIKE "+
		"'Dana Admin (console ak\\_%'"))
}

// A key is replaced and revoked, and a client is disabled and enabled.
func TestKeysAreReplacedAndRevoked(t *testing.T) {
	t.Parallel()
	k := consolekit.New(t, nil)
	old := k.DB.NewKey(t, "shop", access.BookingsRead)
	caller := k.DB.Caller(t, old)
	admin := k.As(access.Administrator)
	client := page + "/" + caller.ClientCode
	key := client + "/keys/" + caller.KeyName
	shown := admin.Get(client).Require(http.StatusOK)
	rotated := admin.Submit(shown, `main form[action="`+key+`/rotate"]`, "overlapHours", "2").Require(http.StatusOK)
	require.NotEqual(t, old, rotated.Find("#token").AttrOr("value", ""))
	require.Equal(t, 2, admin.Get(client).Find("tbody tr").Length())
	shown = admin.Submit(admin.Get(client), `main form[action="`+key+`/rotate"]`, "overlapHours", "x").Require(http.StatusUnprocessableEntity)
	require.Equal(t, 2, shown.Find("tbody tr").Length())
	shown = admin.Submit(admin.Get(client), `main form[action="`+key+`/revoke"]`).Require(http.StatusOK)
	require.Contains(t, shown.Text("tbody"), "Revoked")
	require.Equal(t, 1, k.DB.Count(t, "SELECT COUNT(*) FROM api_keys WHERE key_id = ? AND revoked_at IS NOT NULL", caller.KeyName))
	shown = admin.Submit(shown, `main form[action="`+client+`/disable"]`).Require(http.StatusOK)
	shown = admin.Submit(shown, `main form[action="`+client+`/enable"]`).Require(http.StatusOK)
	require.Equal(t, 1, shown.Find(`main form[action="`+client+`/disable"]`).Length())
}

// Nobody but an administrator sees clients, keys or the audit log, by a page, by an export, or by a form.
func TestOnlyAnAdministratorSeesKeys(t *testing.T) {
	t.Parallel()
	k := consolekit.New(t, nil)
	caller := k.DB.Caller(t, k.DB.NewKey(t, "shop", access.BookingsRead))
	client := page + "/" + caller.ClientCode
	for _, role := range []access.Role{access.Viewer, access.Support, access.Finance} {
		b := k.As(role)
		require.Zero(t, b.Get("/console/reconciliations").Require(http.StatusOK).Find(`a[href="`+page+`"]`).Length(), role)
		for _, path := range []string{
			page, client, "/console/audit", "/console/exports/clients", "/console/exports/api-keys", "/console/exports/audit",
		} {
			refused := b.Get(path).Require(http.StatusForbidden)
			require.Equal(t, "Your role does not allow this", refused.Text("h1"), path)
			require.NotContains(t, refused.Body, caller.KeyName, path)
		}
		for _, path := range []string{
			page, client + "/disable", client + "/enable", client + "/keys", client + "/keys/" + caller.KeyName + "/rotate",
			client + "/keys/" + caller.KeyName + "/revoke",
		} {
			b.Post(path, url.Values{"name": {"x"}, "scopes": {"bookings:read"}, "overlapHours": {"1"}}).Require(http.StatusForbidden)
		}
	}
	require.Zero(t, k.DB.Count(t, "SELECT COUNT(*) FROM api_keys WHERE key_id = ? AND revoked_at IS NOT NULL", caller.KeyName))
	require.Equal(t, 1, k.DB.Count(t, "SELECT COUNT(*) FROM api_clients WHERE name NOT LIKE '%console%'"))
}
