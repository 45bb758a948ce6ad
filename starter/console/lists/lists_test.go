package lists_test

import (
	"encoding/csv"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/access"
	"farebook/internal/dev/consolekit"
)

// The filters of a list are saved under a name beside the list, opened, and removed; only who has saved them sees them.
func TestFiltersAreSavedBesideAList(t *testing.T) {
	t.Parallel()
	k := consolekit.New(t, nil)
	finance := k.As(access.Finance)
	const list = "/console/reconciliations"
	const form = `main form[action="/console/views"]`
	shown := finance.Get(list + "?status=failed").Require(http.StatusOK)
	shown = finance.Submit(shown, form, "name", "").Require(http.StatusUnprocessableEntity)
	require.NotEmpty(t, shown.Text(form+" .error"))
	shown = finance.Submit(shown, form, "name", "Failed runs").Require(http.StatusOK)
	require.Equal(t, list+"?status=failed", shown.URL.RequestURI())
	require.Equal(t, list+"?status=failed", finance.Get(list).Find(`.listbar a:contains("Failed runs")`).AttrOr("href", ""))
	require.NotContains(t, k.As(access.Viewer).Get(list).Body, "Failed runs")

	finance.Submit(finance.Get(list), `main form[action*="/remove"]`).Require(http.StatusOK)
	require.NotContains(t, finance.Get(list).Body, "Failed runs")
	require.Equal(t, 1, k.DB.Count(t, "SELECT COUNT(*) FROM saved_views WHERE removed_at IS NOT NULL AND query = 'status=failed'"))
}

func rows(t *testing.T, p *consolekit.Page) [][]string {
	t.Helper()
	p.Require(http.StatusOK)
	require.Equal(t, "text/csv; charset=utf-8", p.Header.Get("Content-Type"))
	records, err := csv.NewReader(strings.NewReader(p.Body)).ReadAll()
	require.NoError(t, err, p.Body)
	return records
}

// An export has every page of the list, obeys its filter, and has no cell that a spreadsheet evaluates.
func TestAnExportHasEveryPage(t *testing.T) {
	t.Parallel()
	k := consolekit.New(t, nil)
	k.DB.Exec(t, `INSERT INTO attention_items (kind, subject, text, opened_at, closed_by, note)
		WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 250)
		SELECT IF(i = 7, 'late_money', 'refund_failed'), CONCAT('s', i), CONCAT('=HYPERLINK(', i, ')'), UTC_TIMESTAMP(6), '', '' FROM n`)
	support := k.As(access.Support)
	all := rows(t, support.Get("/console/exports/attention"))
	require.Len(t, all, 251)
	require.Equal(t, []string{
		"id", "booking", "kind", "subject", "text", "openedAt", "closedAt", "closedBy", "note", "takenBy", "takenAt", "comments",
	}, all[0])
	subjects := map[string]bool{}
	for _, row := range all[1:] {
		subjects[row[3]] = true
		require.True(t, strings.HasPrefix(row[4], "'=HYPERLINK("), row[4])
	}
	require.Len(t, subjects, 250)
	filtered := rows(t, support.Get("/console/exports/attention?kind=late_money"))
	require.Len(t, filtered, 2)
	require.Equal(t, "s7", filtered[1][3])
	support.Get("/console/exports/attention?kind=nonsense").Require(http.StatusUnprocessableEntity)
	support.Get("/console/exports/none").Require(http.StatusNotFound)
}

// Each export is of a list that the API has, and an amount has its currency in the column behind it.
func TestExportsAreOfTheListsOfTheAPI(t *testing.T) {
	t.Parallel()
	k := consolekit.New(t, nil)
	k.DB.Exec(t, `INSERT INTO payouts (stripe_payout_id, status, amount, currency, automatic, proof, transactions, unmatched, difference, created_at,
		updated_at) VALUES ('po_1', 'paid', 45900, 'USD', TRUE, 'pending', 0, 0, -1, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))`)
	k.DB.RunThatFound(t, "recon_found")
	admin := k.As(access.Administrator)
	for _, name := range []string{
		"bookings", "refunds", "disputes", "payouts", "events", "emails", "attention", "reconciliations", "reconciliation-items?run=recon_found",
		"audit", "clients", "api-keys", "proposals",
	} {
		require.NotEmpty(t, rows(t, admin.Get("/console/exports/"+name)), name)
	}
	payouts := rows(t, admin.Get("/console/exports/payouts"))
	require.Equal(t, []string{"id", "status", "amount", "currency"}, payouts[0][:4])
	require.Equal(t, []string{"po_1", "paid", "459.00", "USD"}, payouts[1][:4])
	require.Equal(t, "-0.01", payouts[1][10])
}

// Each list of the console has the views that its reader has saved, and an export of what its filters show.
func TestListsHaveViewsAndAnExport(t *testing.T) {
	t.Parallel()
	admin := consolekit.New(t, nil).As(access.Administrator)
	for name, query := range map[string]string{
		"bookings": "status=confirmed", "refunds": "status=failed", "reconciliations": "status=failed", "audit": "subject=item%2F7",
		"events": "state=failed", "emails": "status=failed", "payouts": "status=paid", "disputes": "status=lost",
		"attention": "kind=refund_failed", "proposals": "state=sent",
	} {
		shown := admin.Get("/console/" + name + "?" + query).Require(http.StatusOK)
		require.Equal(t, name, shown.Find(".listbar input[name=list]").AttrOr("value", ""))
		require.Equal(t, query, shown.Find(".listbar input[name=query]").AttrOr("value", ""), name)
		require.Contains(t, shown.Find(".listbar a[download]").AttrOr("href", ""), "/console/exports/"+name+"?"+query)
	}
}

// Reports have the views that their reader has saved, each its own; those of statements are of every account.
func TestReportsHaveViews(t *testing.T) {
	t.Parallel()
	finance := consolekit.New(t, nil).As(access.Finance)
	const form = `main form[action="/console/views"]`
	const balances = "/console/books/reports/balances?asOf=2026-03-31&currency=USD"
	shown := finance.Submit(finance.Get(balances).Require(http.StatusOK), form, "name", "March").Require(http.StatusOK)
	require.Equal(t, balances, shown.URL.RequestURI())
	require.Equal(t, balances, finance.Get("/console/books/reports/balances").Find(`.listbar a:contains("March")`).AttrOr("href", ""))
	finance.Submit(finance.Get("/console/books/statements/asset:bank?month=2026-03"), form, "name", "The month").Require(http.StatusOK)
	require.Contains(t, finance.Get("/console/books/statements/asset:stripe_clearing").Text(".listbar"), "The month")
}
