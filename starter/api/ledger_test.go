package api_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/access"
)

// controller is the API as a key of finance sees it. Each name is a client.
func (s *server) controller(name string) *server {
	one := *s
	one.token = s.db.NewKey(s.t, name, access.FinanceRead, access.FinanceWrite)
	return &one
}

// journalBody moves an amount from the bank to the fees at a time.
func journalBody(key string, amount int, at time.Time) string {
	return fmt.Sprintf(`{"key":%q,"reason":"Bank charges","effectiveAt":%q,"entries":[
		{"account":"expense:stripe_fees","side":"debit","amount":{"value":%d,"currency":"USD"}},
		{"account":"asset:bank","side":"credit","amount":{"value":%d,"currency":"USD"}}]}`, key, at.Format(time.RFC3339), amount, amount)
}

// posted posts a journal that one controller proposes and another one approves.
func (s *server) posted(key string, amount int, at time.Time) {
	s.t.Helper()
	status, waits := s.controller("alice").post("/v1/ledger/journals", journalBody(key, amount, at), "")
	require.Equal(s.t, http.StatusOK, status, waits)
	status, posted := s.controller("bob").post("/v1/ledger/journals/"+key+"/approve", "", "")
	require.Equal(s.t, http.StatusOK, status, posted)
}

type reportView struct {
	Report, From, To, Basis, TimeZone string
	Rows                              []map[string]any
	Checks                            []struct {
		Check, Detail string
		Held          bool
	}
}

func (s *server) report(path string) (view reportView) {
	s.t.Helper()
	got := s.do(http.MethodGet, path, nil)
	require.Equal(s.t, http.StatusOK, got.status, "%s: %s", path, got.body)
	require.Equal(s.t, "application/json", got.header.Get("Content-Type"))
	require.NoError(s.t, json.Unmarshal(got.body, &view), "%s", got.body)
	return view
}

// A report says its interval, its rows in minor units and what it must equal, and a report that differs says so in each format.
func TestReportsOverHTTPProveThemselves(t *testing.T) {
	t.Parallel()
	s := serve(t, withoutTemporal(t))
	s.posted("fee-1", 500, time.Date(2026, time.March, 5, 0, 0, 0, 0, time.UTC))
	desk := s.controller("alice")
	view := desk.report("/v1/ledger/trial-balance?month=2026-03")
	require.Equal(t, "trial-balance 2026-03-01T00:00:00Z 2026-04-01T00:00:00Z period UTC",
		strings.Join([]string{view.Report, view.From, view.To, view.Basis, view.TimeZone}, " "))
	require.Len(t, view.Rows, 2)
	require.Equal(t, map[string]any{
		"account": "asset:bank", "currency": "USD", "opening": 0.0, "debit": 0.0, "credit": 500.0, "closing": -500.0,
	}, view.Rows[0])
	require.Len(t, view.Checks, 3)
	for _, check := range view.Checks {
		require.True(t, check.Held, check)
	}
	require.Empty(t, desk.report("/v1/ledger/trial-balance?month=2026-02").Rows)
	require.Empty(t, desk.report("/v1/ledger/balances?asOf=2026-03-05").Rows, "the end is excluded")
	require.Len(t, desk.report("/v1/ledger/balances?asOf=2026-03-05T00:00:01Z").Rows, 2)
	require.Empty(t, desk.report("/v1/ledger/balances?currency=EUR").Rows)
	require.Len(t, desk.report("/v1/ledger/statements/asset:bank?from=2026-03-01&to=2026-03-31").Rows, 2, "an entry and the closing")
	require.Len(t, desk.report("/v1/ledger/export?format=json").Rows, 2)

	s.db.Exec(t, "UPDATE ledger_entries SET amount = amount + 1 WHERE side = 'debit'")
	view = desk.report("/v1/ledger/trial-balance?month=2026-03")
	require.False(t, view.Checks[0].Held)
	require.Equal(t, "debits of $5.01 and credits of $5.00", view.Checks[0].Detail)
	for format, last := range map[string]string{
		"csv":       "DIFFERS  debits equal credits, in each currency: debits of $5.01 and credits of $5.00",
		"hledger":   "; DIFFERS  debits equal credits, in each currency: debits of $5.01 and credits of $5.00",
		"beancount": "; DIFFERS  debits equal credits, in each currency: debits of $5.01 and credits of $5.00",
	} {
		text, proof := desk.read("/v1/ledger/export?month=2026-03&format=" + format)
		require.Contains(t, text, last)
		require.Equal(t, "differs", proof, format)
	}
	s.db.Exec(t, "UPDATE ledger_entries SET amount = amount - 1 WHERE side = 'debit'")
	_, proof := desk.read("/v1/ledger/trial-balance?format=csv")
	require.Equal(t, "holds", proof)
}

// read reads an answer with its trailer.
func (s *server) read(path string) (text, proof string) {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.url+path, nil)
	require.NoError(s.t, err)
	request.Header.Set("Authorization", "Bearer "+s.token)
	response, err := s.client.Do(request)
	require.NoError(s.t, err)
	defer func() { require.NoError(s.t, response.Body.Close()) }()
	body, err := io.ReadAll(response.Body)
	require.NoError(s.t, err)
	require.Equal(s.t, http.StatusOK, response.StatusCode, "%s", body)
	return string(body), response.Trailer.Get("Report-Proof")
}

// Each parameter that is wrong is named.
func TestParametersOfReportsAreNamed(t *testing.T) {
	t.Parallel()
	s := serve(t, withoutTemporal(t))
	desk := s.controller("alice")
	for path, locations := range map[string]string{
		"trial-balance?month=2026-13":                    "query.month",
		"trial-balance?month=2026-11&from=2026-11-01":    "query.month",
		"trial-balance?from=x&to=y":                      "query.from query.to",
		"trial-balance?from=2026-11-02&to=2026-11-01":    "query.from",
		"trial-balance?to=0001-01-01":                    "query.to",
		"trial-balance?month=9999-12":                    "query.month",
		"trial-balance?basis=x&format=xlsx&currency=usd": "query.basis query.currency query.format",
		"trial-balance?basis=period&to=2026-11-01":       "query.basis",
		"balances?month=2026-11&asOf=2026-11-01":         "query.month",
		"trial-balance?asOf=2026-11-01":                  "query.asOf",
		"balances?asOf=yesterday":                        "query.asOf",
		"statements/asset:bank?format=hledger":           "query.format",
		"export?currency=USD":                            "query.currency",
		"statements/asset:stripe_clearing?to=2026-11-31": "query.to",
		"trial-balance?from=1969-12-31&to=1970-02-01":    "query.from",
	} {
		got := desk.do(http.MethodGet, "/v1/ledger/"+path, nil)
		require.Equal(t, http.StatusUnprocessableEntity, got.status, "%s: %s", path, got.body)
		var named []string
		for _, one := range got.problem(t).Errors {
			named = append(named, one.Location)
		}
		require.ElementsMatch(t, strings.Fields(locations), named, path)
	}
	require.Equal(t, http.StatusNotFound, desk.do(http.MethodGet, "/v1/ledger/payouts/po_1/statement", nil).status)
	got := desk.do(http.MethodGet, "/v1/ledger/statements/asset:nothing", nil)
	require.Equal(t, http.StatusNotFound, got.status)
	require.Equal(t, "urn:farebook:problem:no-such-account", got.problem(t).Type)
}

// A database that fails within a report ends the connection before the answer does: no caller takes a part for the whole. One that fails
// before the first row is a problem.
func TestAReportThatFailsHasNoEnd(t *testing.T) {
	t.Parallel()
	s := serve(t, withoutTemporal(t))
	s.book([]byte(validBody()))
	s.posted("fee-1", 500, time.Date(2026, time.March, 5, 0, 0, 0, 0, time.UTC))
	first := s.db.Count(t, "SELECT MAX(id) FROM financial_ledger")
	for range 11 { // 2,048 transactions: more than two pages, and many chunks
		s.db.Exec(t, `INSERT INTO financial_ledger (type, description, posted_at, effective_at, effective_basis, period)
			SELECT type, description, posted_at, effective_at, effective_basis, period FROM financial_ledger`)
	}
	s.db.Exec(t, `INSERT INTO ledger_entries (ledger_id, account, side, amount, currency)
		SELECT l.id, e.account, e.side, e.amount, e.currency FROM financial_ledger l JOIN ledger_entries e ON e.ledger_id = ? WHERE l.id > ?`,
		first, first)
	s.db.Exec(t, "UPDATE financial_ledger SET booking_id = (SELECT id FROM bookings) ORDER BY id DESC LIMIT 1")
	desk := s.controller("alice")
	text, proof := desk.read("/v1/ledger/export?format=json")
	require.True(t, json.Valid([]byte(text)))
	require.Equal(t, "holds", proof)

	s.db.Exec(t, "RENAME TABLE bookings TO bookings_away") // the last page alone needs it
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/v1/ledger/export?format=json", nil)
	require.NoError(t, err)
	request.Header.Set("Authorization", "Bearer "+desk.token)
	response, err := s.client.Do(request)
	require.NoError(t, err)
	defer func() { require.NoError(t, response.Body.Close()) }()
	require.Equal(t, http.StatusOK, response.StatusCode)
	_, err = io.ReadAll(response.Body)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.Empty(t, response.Trailer.Get("Report-Proof"))
	s.db.Exec(t, "UPDATE financial_ledger SET booking_id = NULL WHERE booking_id IS NOT NULL")
	s.db.Exec(t, "RENAME TABLE ledger_seals TO ledger_seals_away")
	require.Equal(t, http.StatusInternalServerError, desk.do(http.MethodGet, "/v1/ledger/balances", nil).status)
}

// Stripe's file is held against the ledger: what the ledger has not is listed, and a file that is not Stripe's is refused by its line.
func TestStripesFileIsComparedOverHTTP(t *testing.T) {
	t.Parallel()
	s := serve(t, withoutTemporal(t))
	desk := s.controller("alice")
	const header = "balance_transaction_id,created_utc,currency,gross,fee,net,reporting_category\n"
	compare := func(query, file, contentType string) answer {
		return desk.do(http.MethodPost, "/v1/ledger/compare"+query, []byte(file), "Content-Type", contentType)
	}
	got := compare("", header+"txn_1,2026-03-05 10:00:00,usd,10.00,0.50,9.50,charge\n", "text/csv; charset=utf-8")
	require.Equal(t, http.StatusOK, got.status, "%s", got.body)
	var view reportView
	require.NoError(t, json.Unmarshal(got.body, &view))
	require.Equal(t, "missing", view.Rows[0]["difference"])
	require.Equal(t, "txn_1", view.Rows[0]["balance_transaction_id"])
	require.False(t, view.Checks[0].Held)
	for _, c := range []struct {
		query, file, contentType string
		status                   int
		says                     string
	}{
		{"", "a,b\n", "text/csv", http.StatusUnprocessableEntity, "line 1: no column is named balance_transaction_id"},
		{"", header + "txn_1,yesterday,usd,1,1,1,charge\n", "text/csv", http.StatusUnprocessableEntity, "line 2: created_utc"},
		{"", header, "application/json", http.StatusUnsupportedMediaType, "text/csv"},
		{"", "", "", http.StatusUnsupportedMediaType, "text/csv"},
		{"?payouts=true&month=2026-03", header, "text/csv", http.StatusUnprocessableEntity, "parameters"},
		{"?from=x", header, "text/csv", http.StatusUnprocessableEntity, "parameters"},
	} {
		got := compare(c.query, c.file, c.contentType)
		require.Equal(t, c.status, got.status, "%s: %s", c.file, got.body)
		require.Contains(t, got.problem(t).Detail, c.says)
	}
}

// HEAD reads no report.
func TestHeadOfAReport(t *testing.T) {
	t.Parallel()
	s := serve(t, withoutTemporal(t))
	got := s.controller("alice").do(http.MethodHead, "/v1/ledger/export?format=beancount", nil)
	require.Equal(t, http.StatusOK, got.status)
	require.Equal(t, "text/plain; charset=utf-8", got.header.Get("Content-Type"))
	require.Empty(t, got.body)
}

// Files that arrive slowly keep no report waiting: they take their turn once they are here.
func TestFilesThatArriveSlowlyKeepNoReportWaiting(t *testing.T) {
	t.Parallel()
	s := serve(t, withoutTemporal(t))
	s.token = s.db.NewKey(t, "finance", access.FinanceRead)
	for range 3 { // more than reports are read at once
		conn := s.open("POST /v1/ledger/compare HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + s.token +
			"\r\nContent-Type: text/csv\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n")
		response, err := http.ReadResponse(bufio.NewReader(conn), nil)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, http.StatusContinue, response.StatusCode, "the body is being read")
	}
	got := s.do(http.MethodGet, "/v1/ledger/balances", nil)
	require.Equal(t, http.StatusOK, got.status, "%s", got.body)
}
