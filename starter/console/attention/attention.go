// Package attention shows what needs an operator, the oldest first; a matter, or many at once, is taken, given back, commented on and
// closed. It imports access, and caller, lists and page of the console.
package attention

import (
	"strconv"
	"time"

	"github.com/a-h/templ"

	"farebook/access"
	"farebook/starter/console/caller"
	"farebook/starter/console/lists"
	"farebook/starter/console/page"
)

const (
	path    = page.Root + "/attention"
	apiPath = "/v1/attention"
)

// Routes adds the pages.
func Routes(site *page.Site) {
	site.Nav(15, "attention.title", path, access.OperationsRead)
	site.Get(path, list)
	site.Get(path+"/{id}", show)
	for _, v := range verbs {
		site.Post(v.path(), v.selected)
	}
}

// matter is what the page shows of one.
type matter struct {
	ID                           uint64
	Booking, Kind, Subject, Text string
	OpenedAt                     time.Time
	ClosedAt                     *time.Time
	ClosedBy, Note, TakenBy      string
	TakenAt                      *time.Time
	Yours                        bool
	Comments                     int
}

// detail is a matter with its steps.
type detail struct {
	matter

	Steps []step
}

type step struct {
	Kind, By, Text string
	At             time.Time
}

type matters struct {
	Matters []matter
	HasMore bool
	Next    string
}

func list(r *page.Request) (templ.Component, error) {
	query := r.Query("state", "kind", "booking", "takenBy", "after")
	query.Set("order", "oldest")
	bar, err := lists.Bar(r, "attention", query)
	if err != nil {
		return nil, err
	}
	query.Set("limit", "50")
	var found matters
	if err := r.API.Get(r.Context(), apiPath, query, &found); err != nil {
		return nil, err
	}
	return r.Page(r.T("attention.title"), listPage(r, bar, found, answers(r.Q("answers")))), nil
}

// show is the page of one matter.
func show(r *page.Request) (templ.Component, error) {
	id, err := strconv.ParseUint(r.PathValue("id"), 10, 63)
	if err != nil {
		return nil, caller.Missing()
	}
	var found detail
	if err := r.API.Get(r.Context(), apiPath+"/"+number(id), nil, &found); err != nil {
		return nil, err
	}
	return r.Page(r.T("attention.one", "Number", number(id)), showPage(r, found, answers(r.Q("answers")))), nil
}

func number(id uint64) string { return strconv.FormatUint(id, 10) }

// kinds are those that can be chosen, in the order of the words of the API.
var kinds = []string{
	"payment_mismatch", "payment_refused", "other_payment", "late_money", "refund_postponed", "refund_held", "refund_failed", "refund_made",
	"refund_mismatch", "refund_copied", "dispute_rest", "unknown_state", "departed", "rebuilt", "earlier", "sealing_overdue",
	"webhook_endpoint_disabled",
}

func kindOptions(r *page.Request) []page.Option {
	return page.Choices(r.T("attention.anyKind"), kinds, func(kind string) string { return r.T("attention.kind." + kind) })
}

func stateOptions(r *page.Request) []page.Option {
	return page.Choices("", []string{"open", "closed", "all"}, func(state string) string { return r.T("attention.state." + state) })
}

// takenOptions also has the name that the URL asks for, which leads here from a matter that somebody has.
func takenOptions(r *page.Request) []page.Option {
	options := page.Choices(r.T("attention.takenByAny"), []string{"me", "nobody"},
		func(who string) string { return r.T("attention.takenBy." + who) })
	if who := r.Q("takenBy"); who != "" && who != "me" && who != "nobody" {
		options = append(options, page.Option{Value: who, Text: who})
	}
	return options
}

func columns(r *page.Request, choose bool) (columns []page.Column) {
	if choose {
		columns = append(columns, page.Column{Text: "✓"})
	}
	for _, id := range []string{"number", "opened", "kind", "known", "proposed", "why"} {
		columns = append(columns, page.Column{Text: r.T("attention." + id)})
	}
	return columns
}
