// Package disputes shows disputes by the deadline for evidence, for each what the books have as evidence, and the draft of what people
// submit to the bank. It imports access, money, and assets, caller, lists and page of the console.
package disputes

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/a-h/templ"

	"farebook/access"
	"farebook/money"
	"farebook/starter/console/caller"
	"farebook/starter/console/lists"
	"farebook/starter/console/page"
)

const (
	path    = page.Root + "/disputes"
	apiPath = "/v1/disputes"
)

// Routes adds the pages.
func Routes(site *page.Site) {
	site.Nav(40, "disputes.title", path, access.OperationsRead)
	site.Get(path, list)
	site.Get(path+"/{id}", show)
	site.Download(path+"/{id}/evidence.json", bundle)
	addDrafts(site)
}

// dispute is what the pages show of one.
type dispute struct {
	ID, Reference, Status, Reason string
	PaymentIntentID               string
	Amount                        money.Money
	DueBy                         *time.Time
	CreatedAt, UpdatedAt          time.Time
}

type disputes struct {
	Disputes []dispute
	HasMore  bool
	Next     string
}

// evidence is what the page shows of GET /v1/bookings/{reference}/evidence.
type evidence struct {
	Sold struct {
		Customer struct{ Name, Email string }
		Flight   struct {
			Number, From, To string
			DepartsAt        time.Time
		}
		Amount             money.Money
		BookedAt           time.Time
		Captured, Refunded int64
	}
	Mails []struct {
		Kind, Status string
		SentAt       *time.Time
	}
	Timeline  []moment
	Signature *struct{ KeyID string }
}

type moment struct {
	At       time.Time
	What, ID string
}

var statuses = []string{
	"warning_needs_response", "warning_under_review", "warning_closed", "needs_response", "under_review", "won", "lost", "unknown",
}

func statusOptions(r *page.Request) []page.Option {
	return page.Choices(r.T("disputes.anyStatus"), statuses, func(status string) string { return r.T("disputes.status." + status) })
}

// list has those that are due above all of them. A filter leaves the first part out.
func list(r *page.Request) (templ.Component, error) {
	query := r.Query("q", "status", "currency", "after")
	r.Days(query)
	var due *disputes
	if len(query) == 0 {
		due = &disputes{}
		if err := r.API.Get(r.Context(), apiPath+"/due", nil, due); err != nil {
			return nil, err
		}
	}
	bar, err := lists.Bar(r, "disputes", query)
	if err != nil {
		return nil, err
	}
	query.Set("limit", "50")
	var found disputes
	if err := r.API.Get(r.Context(), apiPath, query, &found); err != nil {
		return nil, err
	}
	return r.Page(r.T("disputes.title"), listPage(r, bar, due, found)), nil
}

func show(r *page.Request) (templ.Component, error) {
	d, err := find(r)
	if err != nil {
		return nil, err
	}
	var e evidence
	if err := r.API.Get(r.Context(), evidenceOf(d), nil, &e); err != nil {
		return nil, err
	}
	of, err := readDraft(r)
	if err != nil {
		return nil, err
	}
	return r.Page(r.T("disputes.page", "ID", d.ID), showPage(r, d, e, of)), nil
}

func find(r *page.Request) (dispute, error) {
	var found disputes
	if err := r.API.Get(r.Context(), apiPath, url.Values{"q": {r.PathValue("id")}}, &found); err != nil {
		return dispute{}, err
	}
	if len(found.Disputes) != 1 {
		return dispute{}, caller.Missing()
	}
	return found.Disputes[0], nil
}

func bundle(r *page.Request, w http.ResponseWriter) error {
	d, err := find(r)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Disposition", `attachment; filename="evidence-`+d.Reference+`.json"`)
	return r.API.Stream(r.Context(), evidenceOf(d), nil, w)
}

func evidenceOf(d dispute) string { return "/v1/bookings/" + d.Reference + "/evidence" }

// words are those of a name of the API.
func words(name string) string { return strings.ReplaceAll(name, "_", " ") }

func (e evidence) money(amount int64) money.Money {
	return money.Money{Value: amount, Currency: e.Sold.Amount.Currency}
}
