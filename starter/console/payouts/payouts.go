// Package payouts shows the payouts to the bank, and for each the statement that names every balance transaction and what remains. It
// imports access, money, and caller, lists and page of the console.
package payouts

import (
	"net/http"
	"net/url"
	"time"

	"github.com/a-h/templ"

	"farebook/access"
	"farebook/money"
	"farebook/starter/console/caller"
	"farebook/starter/console/lists"
	"farebook/starter/console/page"
)

const (
	path    = page.Root + "/payouts"
	apiPath = "/v1/payouts"
)

// Routes adds the pages.
func Routes(site *page.Site) {
	site.Nav(50, "payouts.title", path, access.OperationsRead)
	site.Get(path, list)
	site.Get(path+"/{id}", show)
	site.Download(path+"/{id}/statement.csv", export)
}

// payout is what the pages show of one.
type payout struct {
	ID, Status, FailureCode, Proof string
	Amount                         money.Money
	Automatic                      bool
	ArrivesAt                      *time.Time
	Transactions, Unmatched        int
	Difference                     int64
	CreatedAt                      time.Time
}

type payouts struct {
	Payouts []payout
	HasMore bool
	Next    string
}

// statement is GET /v1/ledger/payouts/{id}/statement.
type statement struct {
	Rows   []row
	Checks []check
}

// row is a line of a statement. Amounts are minor units of its currency.
type row struct {
	Line        string         `json:"line"`
	Transaction string         `json:"balance_transaction_id"`
	At          *time.Time     `json:"created_utc"`
	Category    string         `json:"reporting_category"`
	Source      string         `json:"source_id"`
	Reference   string         `json:"reference"`
	Currency    money.Currency `json:"currency"`
	Gross       int64          `json:"gross"`
	Fee         int64          `json:"fee"`
	Net         int64          `json:"net"`
	About       string         `json:"about"`
}

type check struct {
	Check, Detail string
	Held          bool
}

func (r row) money(amount int64) money.Money { return money.Money{Value: amount, Currency: r.Currency} }

var statuses = []string{"pending", "in_transit", "paid", "failed", "canceled", "unknown"}

func statusOptions(r *page.Request) []page.Option {
	return page.Choices(r.T("payouts.anyStatus"), statuses, func(status string) string { return r.T("payouts.status." + status) })
}

func list(r *page.Request) (templ.Component, error) {
	query := r.Query("q", "status", "currency", "after")
	r.Days(query)
	bar, err := lists.Bar(r, "payouts", query)
	if err != nil {
		return nil, err
	}
	query.Set("limit", "50")
	var found payouts
	if err := r.API.Get(r.Context(), apiPath, query, &found); err != nil {
		return nil, err
	}
	return r.Page(r.T("payouts.title"), listPage(r, bar, found)), nil
}

func show(r *page.Request) (templ.Component, error) {
	id := r.PathValue("id")
	var found payouts
	if err := r.API.Get(r.Context(), apiPath, url.Values{"q": {id}}, &found); err != nil {
		return nil, err
	}
	if len(found.Payouts) != 1 {
		return nil, caller.Missing()
	}
	var s *statement
	if r.Person.May(access.FinanceRead) {
		s = &statement{}
		if err := r.API.Get(r.Context(), statementOf(id), nil, s); err != nil {
			return nil, err
		}
	}
	return r.Page(r.T("payouts.page", "ID", found.Payouts[0].ID), showPage(r, found.Payouts[0], s)), nil
}

func export(r *page.Request, w http.ResponseWriter) error {
	id := r.PathValue("id")
	return r.API.Stream(r.Context(), statementOf(id), url.Values{"format": {"csv"}}, w)
}

func statementOf(id string) string { return "/v1/ledger/payouts/" + id + "/statement" }

func kind(r *page.Request, automatic bool) string {
	if automatic {
		return r.T("payouts.automatic")
	}
	return r.T("payouts.manual")
}
