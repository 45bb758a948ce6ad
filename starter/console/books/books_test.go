package books_test

import (
	"encoding/csv"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/access"
	"farebook/internal/dev/consolekit"
)

const (
	journals = "/console/books/journals"
	month    = "/console/books/months/2026-03"
)

// second is another operator of finance.
func second(k *consolekit.Kit) *consolekit.Browser {
	b := k.Stranger()
	b.SignIn(consolekit.Claims{"sub": "sub-second", "name": "Omar Second", "roles": []string{"finance"}})
	return b
}

// journal proposes a journal of $12.50 in March 2026 on the bank's account.
func journal(k *consolekit.Kit, by *consolekit.Browser) *consolekit.Page {
	k.T.Helper()
	shown := by.Get(journals).Require(http.StatusOK)
	return by.Submit(shown, `main form[action="`+journals+`"]`, "key", "2026-03-fee", "reason", "Fee of the bank", "effectiveAt", "2026-03-05T10:00",
		"entries[0].account", "expense:stripe_fees", "entries[0].side", "debit", "entries[0].amount.value", "12.50",
		"entries[0].amount.currency", "USD", "entries[1].account", "asset:bank", "entries[1].side", "credit",
		"entries[1].amount.value", "12.50", "entries[1].amount.currency", "USD")
}

// A journal is proposed by one and approved by another; each number of a report leads to its entries, and the file has the same rows.
func TestAJournalIsReadInTheReports(t *testing.T) {
	t.Parallel()
	k := consolekit.New(t, nil)
	finance, other := k.As(access.Finance), second(k)
	shown := journal(k, finance).Require(http.StatusOK)
	require.Contains(t, shown.Text("main"), "another operator approves it")
	approve := `main form[action="` + journals + `/2026-03-fee/approve"]`
	require.Zero(t, shown.Find(approve).Length())
	refused := finance.Post(journals+"/2026-03-fee/approve", url.Values{}).Require(http.StatusForbidden)
	require.Equal(t, "Another operator has to approve this", refused.Text("h1"))
	shown = other.Submit(other.Get(journals), approve).Require(http.StatusOK)
	require.Equal(t, "/console/books/transactions/"+k.DB.Text(t, "SELECT id FROM financial_ledger"), shown.URL.Path)
	require.Contains(t, shown.Text("main"), "$12.50")
	require.Contains(t, shown.Text("main"), "Fee of the bank")

	const report = "/console/books/reports/trial-balance?month=2026-03"
	shown = finance.Get(report).Require(http.StatusOK)
	require.Contains(t, shown.Text("main"), "The report equals what it must.")
	require.Equal(t, 2, shown.Find("tbody tr").Length())
	link := shown.Find(`tbody tr:contains("asset:bank") td.end a`).Last().AttrOr("href", "")
	require.Equal(t, "/console/books/statements/asset:bank?currency=USD&month=2026-03", link)
	statement := finance.Get(link).Require(http.StatusOK)
	require.Contains(t, statement.Text("tbody"), "-12.50")
	entry := statement.Find(`a[href^="/console/books/transactions/"]`).First().AttrOr("href", "")
	require.Contains(t, finance.Get(entry).Require(http.StatusOK).Text("main"), "Fee of the bank")

	file := finance.Get(shown.Find("a[download]").AttrOr("href", "")).Require(http.StatusOK)
	require.Contains(t, file.Header.Get("Content-Disposition"), "trial-balance.csv")
	records, err := csv.NewReader(strings.NewReader(file.Body)).ReadAll()
	require.NoError(t, err, file.Body)
	require.Len(t, records, 3)
	require.Equal(t, []string{"account", "currency", "opening", "debit", "credit", "closing"}, records[0])
	none := finance.Get("/console/books/reports/trial-balance?month=2026-03&currency=EUR").Require(http.StatusOK)
	require.Contains(t, none.Text("main"), "No rows in this interval.")
	finance.Get("/console/books/reports/trial-balance?month=x").Require(http.StatusUnprocessableEntity)
}

// Every report of the API has a page that shows it, its rows one by one where it has some, and a file.
func TestEveryReportHasAPage(t *testing.T) {
	t.Parallel()
	k := consolekit.New(t, nil)
	finance := k.As(access.Finance)
	index := finance.Get("/console/books").Require(http.StatusOK)
	spec := k.Stranger().Get("/openapi.json").Body
	for _, path := range strings.Split(spec, `"/v1/ledger/reports/`)[1:] {
		name, _, _ := strings.Cut(path, `"`)
		name, items, _ := strings.Cut(name, "/")
		query := map[string]string{"": "", "itemised": "?items=1"}[items]
		require.Equal(t, 1, index.Find(`a[href="/console/books/reports/`+name+query+`"]`).Length(), path[:40])
		finance.Get("/console/books/reports/" + name + query).Require(http.StatusOK)
		finance.Get("/console/books/files/reports/" + name + query).Require(http.StatusOK)
	}
	for _, path := range []string{"/reports/balances", "/statements/asset:bank", "/files/ledger", "/files/statements/asset:bank"} {
		finance.Get("/console/books" + path).Require(http.StatusOK)
	}
	for _, path := range []string{"/reports/none", "/statements/none", "/transactions/1", "/payouts/po_none"} {
		finance.Get("/console/books" + path).Require(http.StatusNotFound)
	}
}

// What blocks a close is explained by a note, one proposes the close and another approves it, and the same for the reopening.
func TestAMonthIsClosedAndReopened(t *testing.T) {
	t.Parallel()
	k := consolekit.New(t, nil)
	finance, other := k.As(access.Finance), second(k)
	k.DB.ReconciledUntil(t, "2026-06-01")
	journal(k, finance)
	other.Submit(other.Get(journals), `main form[action="`+journals+`/2026-03-fee/approve"]`).Require(http.StatusOK)
	k.DB.Exec(t, "INSERT INTO attention_items (id, kind, subject, text, opened_at) VALUES (7, 'earlier', 'x', 'Ask Layla', '2026-03-05')")

	shown := finance.Get(month + "?check=1").Require(http.StatusOK)
	require.Contains(t, shown.Text("main"), "attention/7")
	form := `main form[action="` + month + `/close"]`
	blocked := finance.Submit(shown, form).Require(http.StatusConflict)
	require.Contains(t, blocked.Text("#problem"), "attention/7")
	note := shown.Find(form+" input[name^=note-]").AttrOr("name", "")
	shown = finance.Submit(blocked, form, note, "waits for the bank").Require(http.StatusOK)
	require.Contains(t, shown.Text("main"), "waits for the bank")
	require.Zero(t, shown.Find(`main form[action="`+month+`/close/approve"]`).Length(), "who has proposed does not approve")
	shown = other.Submit(other.Get(month), `main form[action="`+month+`/close/approve"]`).Require(http.StatusOK)
	require.Equal(t, "close", k.DB.Text(t, "SELECT action FROM ledger_closings"))

	shown = other.Submit(shown, `main form[action="`+month+`/reopen"]`, "note", "a mistake").Require(http.StatusOK)
	require.Contains(t, shown.Text("main"), "a mistake")
	finance.Submit(finance.Get(month), `main form[action="`+month+`/reopen/approve"]`).Require(http.StatusOK)
	require.Equal(t, "close reopen", k.DB.Text(t, "SELECT GROUP_CONCAT(action ORDER BY number SEPARATOR ' ') FROM ledger_closings"))
	require.Contains(t, finance.Get("/console/books/months").Text("main"), "2026-03")
}

// Who may not decide reads no form and is refused; who may not read the ledger sees none of it.
func TestTheLedgerIsFinances(t *testing.T) {
	t.Parallel()
	k := consolekit.New(t, nil)
	writes := []string{
		month + "/close", month + "/close/approve", month + "/reopen", month + "/reopen/approve", journals, journals + "/key-1/approve",
	}
	admin := k.As(access.Administrator)
	require.Zero(t, admin.Get(journals).Require(http.StatusOK).Find("main form[method=post]").Length())
	require.Zero(t, admin.Get(month).Require(http.StatusOK).Find("main form[method=post]").Length())
	viewer := k.As(access.Viewer)
	for _, path := range []string{
		"/console/books/months", journals, month, "/console/books/reports/trial-balance", "/console/books/files/ledger",
	} {
		require.Equal(t, "Your role does not allow this", viewer.Get(path).Require(http.StatusForbidden).Text("h1"), path)
	}
	for _, b := range []*consolekit.Browser{admin, viewer} {
		for _, path := range writes {
			refused := b.Post(path, url.Values{"note": {"n"}}).Require(http.StatusForbidden)
			require.Equal(t, "Your role does not allow this", refused.Text("h1"), path)
		}
	}
	require.Zero(t, k.DB.Count(t, "SELECT COUNT(*) FROM ledger_proposals"))
}
