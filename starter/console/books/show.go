package books

import (
	"net/http"
	"net/url"
	"time"

	"github.com/a-h/templ"

	"farebook/money"
	"farebook/starter/console/caller"
	"farebook/starter/console/lists"
	"farebook/starter/console/page"
)

const ledgerAPI = "/v1/ledger"

// apiPath is the path of a report, and whether its rows are single entries.
func apiPath(r *page.Request) (one kind, path string, itemised bool, err error) {
	one, known := kindOf(r.PathValue("report"))
	if !known {
		return kind{}, "", false, caller.Missing()
	}
	path = ledgerAPI + one.path
	if one.items && r.Q("items") != "" {
		return one, path + "/itemised", true, nil
	}
	return one, path, false, nil
}

func showReport(r *page.Request) (templ.Component, error) {
	one, path, itemised, err := apiPath(r)
	if err != nil {
		return nil, err
	}
	query := asked(r, one)
	shown, err := read(r, path, asked(r, one))
	if err != nil {
		return nil, err
	}
	at := place{one, query, itemised}
	file := query
	if itemised {
		file = withItems(query)
	}
	views, err := lists.Views(r, "report-"+one.name)
	if err != nil {
		return nil, err
	}
	title := r.T("books.report." + one.name)
	return r.Page(title, reportPage(r, shown, at, views, reportsPath+"/"+one.name, address(filesPath+"/reports/"+one.name, file))), nil
}

func withItems(query url.Values) url.Values {
	all := copied(query)
	all.Set("items", "1")
	return all
}

func address(path string, query url.Values) string {
	if len(query) == 0 {
		return path
	}
	return path + "?" + query.Encode()
}

// statementKind is the statement of an account, which takes what reports of an interval take.
var statementKind = kind{name: "statement"}

func showStatement(r *page.Request) (templ.Component, error) {
	account := r.PathValue("account")
	query := asked(r, statementKind)
	shown, err := read(r, ledgerAPI+"/statements/"+account, asked(r, statementKind))
	if err != nil {
		return nil, err
	}
	views, err := lists.Views(r, "statement")
	if err != nil {
		return nil, err
	}
	here := "/" + url.PathEscape(account)
	at := place{statementKind, query, true}
	return r.Page(r.T("books.statement", "Account", account),
		reportPage(r, shown, at, views, statementsPath+here, address(filesPath+"/statements"+here, query))), nil
}

func showPayout(r *page.Request) (templ.Component, error) {
	id := r.PathValue("payout")
	query := r.Query("currency")
	shown, err := read(r, ledgerAPI+"/payouts/"+id+"/statement", r.Query("currency"))
	if err != nil {
		return nil, err
	}
	here := "/" + url.PathEscape(id)
	at := place{kind{name: "payout"}, query, true}
	return r.Page(r.T("books.payout", "Payout", id),
		reportPage(r, shown, at, templ.NopComponent, payoutsPath+here, address(filesPath+"/payouts"+here, query))), nil
}

// transaction is a transaction of the ledger.
type transaction struct {
	Booking     string
	Transaction struct {
		ID                                           uint64
		Type, Description, ObjectID, PaymentIntentID string
		BalanceTransactionID, EffectiveBasis         string
		PostedAt                                     time.Time
		EffectiveAt                                  *time.Time
		Entries                                      []entry
	}
}

type entry struct {
	Account, Side, Currency string
	Amount                  int64
}

func (e entry) money() money.Money {
	return money.Money{Value: e.Amount, Currency: money.Currency(e.Currency)}
}

func showTransaction(r *page.Request) (templ.Component, error) {
	var shown transaction
	if err := r.API.Get(r.Context(), ledgerAPI+"/transactions/"+r.PathValue("id"), nil, &shown); err != nil {
		return nil, err
	}
	return r.Page(r.T("books.transaction", "Number", r.PathValue("id")), transactionPage(r, shown)), nil
}

func downloadReport(r *page.Request, w http.ResponseWriter) error {
	one, path, itemised, err := apiPath(r)
	if err != nil {
		return err
	}
	name := one.name
	if itemised {
		name += "-itemised"
	}
	return file(r, w, path, name, asked(r, one))
}

func downloadStatement(r *page.Request, w http.ResponseWriter) error {
	account := r.PathValue("account")
	return file(r, w, ledgerAPI+"/statements/"+account, "statement", asked(r, statementKind))
}

func downloadPayout(r *page.Request, w http.ResponseWriter) error {
	return file(r, w, ledgerAPI+"/payouts/"+r.PathValue("payout")+"/statement", "payout", r.Query("currency"))
}

func downloadLedger(r *page.Request, w http.ResponseWriter) error {
	query := asked(r, statementKind)
	query.Del("currency")
	return file(r, w, ledgerAPI+"/export", "ledger", query)
}

// file passes a report of the API on while it is written, under the same filters as the page.
func file(r *page.Request, w http.ResponseWriter, path, name string, query url.Values) error {
	query.Set("format", "csv")
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`.csv"`)
	err := r.API.Stream(r.Context(), path, query, w)
	if err != nil {
		w.Header().Del("Content-Disposition") // the refusal is a page
	}
	return err
}
