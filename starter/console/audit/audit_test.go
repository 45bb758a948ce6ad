package audit_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/access"
	"farebook/internal/dev/consolekit"
)

// An administrator reads who asked for what, narrows it, and exports what is shown.
func TestTheAuditLogIsRead(t *testing.T) {
	t.Parallel()
	k := consolekit.New(t, nil)
	admin := k.As(access.Administrator)
	const page = "/console/audit"
	admin.Submit(admin.Get("/console/clients"), `main form[action="/console/clients"]`, "name", "shop").Require(http.StatusOK)
	client := k.DB.Text(t, "SELECT client_id FROM api_clients WHERE name = 'shop'")
	shown := admin.Get(page).Require(http.StatusOK)
	require.Contains(t, shown.Text("tbody"), "Dana Admin")
	require.Equal(t, 1, shown.Find(`tbody tr:contains("Client created") a[href="/console/clients/`+client+`"]`).Length())

	shown = admin.Submit(shown, "main form.filters", "subject", client).Require(http.StatusOK)
	require.Equal(t, 1, shown.Find("tbody tr").Length())
	require.Equal(t, "/console/exports/audit?subject="+client, shown.Find("a[download]").AttrOr("href", ""))
	require.Contains(t, admin.Get(page+"?to=2001-01-01").Require(http.StatusOK).Text("main"), "No entries.")
	admin.Get(page + "?client=none").Require(http.StatusNotFound)
	for _, role := range []access.Role{access.Viewer, access.Support, access.Finance} {
		require.Equal(t, "Your role does not allow this", k.As(role).Get(page).Require(http.StatusForbidden).Text("h1"), role)
	}
}
