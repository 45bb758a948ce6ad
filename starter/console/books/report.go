package books

import (
	"encoding/csv"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"farebook/starter/console/caller"
	"farebook/starter/console/page"
)

// maxRows is how many rows a page shows; the file has all of them.
const maxRows = 500

// kind is a report of an interval, or of a moment.
type kind struct {
	name string
	// path is that of the API, below /v1/ledger.
	path string
	// items says that the rows can be opened one by one, moment that it is about a time and not about an interval.
	items, moment bool
}

// kinds are the reports of the API, in the order of the documentation. A test compares them with the API's document.
var kinds = []kind{
	{"trial-balance", "/trial-balance", false, false},
	{"balances", "/balances", false, true},
	{"balance-summary", "/reports/balance-summary", false, false},
	{"balance-change", "/reports/balance-change", true, false},
	{"payout-reconciliation", "/reports/payout-reconciliation", true, false},
	{"ending-balance", "/reports/ending-balance", true, false},
	{"unearned", "/reports/unearned", true, false},
	{"income", "/reports/income", true, false},
	{"fees", "/reports/fees", true, false},
	{"refunds", "/reports/refunds", true, false},
	{"chargebacks", "/reports/chargebacks", true, false},
	{"late", "/reports/late", false, false},
}

func kindOf(name string) (kind, bool) {
	at := slices.IndexFunc(kinds, func(one kind) bool { return one.name == name })
	if at < 0 {
		return kind{}, false
	}
	return kinds[at], true
}

// asked are the parameters of the URL that a report takes.
func asked(r *page.Request, one kind) url.Values {
	if one.moment {
		return r.Query("month", "asOf", "basis", "currency")
	}
	return r.Query("month", "from", "to", "basis", "currency")
}

// report is what a page shows of a report.
type report struct {
	columns []string
	rows    [][]string
	// more says that there are more rows than the page shows.
	more bool
	// proof is what the API says at the end of a report: whether it equals what it must. It is empty where the page has not read the end.
	proof string
	// differs are the checks that do not hold.
	differs []string
}

// errEnough ends the reading of a report that has more rows than a page shows.
var errEnough = errors.New("the page is full")

// read reads a report as the API writes it to a file, so that amounts are decimals on both, row by row: a long report is not in memory.
func read(r *page.Request, path string, query url.Values) (report, error) {
	query.Set("format", "csv")
	in, out := io.Pipe()
	parsed := make(chan report, 1)
	go func() {
		shown := parse(in)
		_ = in.CloseWithError(errEnough) // never fails
		parsed <- shown
	}()
	end := &ending{header: http.Header{}, out: out}
	err := func() error {
		defer func() { _ = out.Close() }() // also when the API cuts its answer off by a panic
		return r.API.Stream(r.Context(), path, query, end)
	}()
	shown := <-parsed
	if !shown.more {
		shown.proof = end.header.Get(http.TrailerPrefix + caller.ProofTrailer)
	}
	return shown, err
}

// parse reads the rows of a page. A record with one field, where there are more columns, is a check that does not hold.
func parse(in io.Reader) report {
	var shown report
	records := csv.NewReader(in)
	records.FieldsPerRecord = -1
	for {
		record, err := records.Read()
		switch {
		case err != nil: // the end, or that of the API's answer, whose error Stream returns
			return shown
		case shown.columns == nil:
			shown.columns = record
		case len(record) == 1 && len(shown.columns) > 1:
			shown.differs = append(shown.differs, record[0])
		case len(shown.rows) == maxRows:
			shown.more = true
			return shown
		default:
			shown.rows = append(shown.rows, record)
		}
	}
}

// ending takes an answer of the API for a parser.
type ending struct {
	header http.Header
	out    *io.PipeWriter
}

func (e *ending) Header() http.Header         { return e.header }
func (*ending) WriteHeader(int)               {}
func (e *ending) Write(p []byte) (int, error) { return e.out.Write(p) }

// value is the field of a row in a column; empty where there is no such column.
func (p report) value(row []string, column string) string {
	at := slices.Index(p.columns, column)
	if at < 0 || at >= len(row) {
		return ""
	}
	return strings.TrimPrefix(row[at], "'") // the mark that keeps a spreadsheet from evaluating a text
}

// amounts are the columns with amounts in the row's currency.
var amounts = []string{
	"opening", "debit", "credit", "closing", "balance", "gross", "fee", "net", "net_amount", "amount", "unearned", "customer_facing_amount",
	"payments", "refunds", "recognised", "kept", "chargebacks", "other",
}

func isAmount(column string) bool { return slices.Contains(amounts, column) }

// numeric are the columns that are aligned to the end of the line.
func numeric(column string) bool { return isAmount(column) || column == "count" }

// place is where a report is shown, for the links to its entries.
type place struct {
	kind  kind
	query url.Values
	// itemised says that the rows are single entries.
	itemised bool
}

// link is where the entries behind a value are; empty for a value that has none.
func (at place) link(shown report, row []string, column string) string {
	value := shown.value(row, column)
	if value == "" {
		return ""
	}
	switch column {
	case "reference":
		return page.Root + "/bookings/" + url.PathEscape(value)
	case "ledger_id":
		return entriesPath + "/" + url.PathEscape(value)
	case "automatic_payout_id":
		return payoutsPath + "/" + url.PathEscape(value)
	case "account":
		return at.statement(value, shown.value(row, "currency"))
	}
	switch {
	case !numeric(column) || at.itemised:
		return ""
	case at.kind.items:
		return at.items(shown.value(row, "currency"))
	case shown.value(row, "account") != "":
		return at.statement(shown.value(row, "account"), shown.value(row, "currency"))
	case at.kind.name == "balance-summary":
		change := place{kind: kind{name: "balance-change"}, query: at.query}
		return change.items(shown.value(row, "currency"))
	}
	return ""
}

// items are the rows behind a summary.
func (at place) items(currency string) string {
	query := copied(at.query)
	query.Set("items", "1")
	if currency != "" {
		query.Set("currency", currency)
	}
	return reportsPath + "/" + at.kind.name + "?" + query.Encode()
}

// statement are the entries of an account in the interval of the report, or until its moment.
func (at place) statement(account, currency string) string {
	query := copied(at.query)
	if moment := query.Get("asOf"); moment != "" {
		query.Del("asOf")
		query.Set("to", moment)
	}
	if currency != "" {
		query.Set("currency", currency)
	}
	return statementsPath + "/" + url.PathEscape(account) + "?" + query.Encode()
}

func copied(query url.Values) url.Values {
	all := url.Values{}
	for _, name := range []string{"month", "from", "to", "asOf", "basis", "currency"} {
		if value := query.Get(name); value != "" {
			all.Set(name, value)
		}
	}
	return all
}
