// Package audit has the page of the audit log, for people with the scope admin. It imports access, templ, and lists and page of the
// console.
package audit

import (
	"net/url"
	"strings"
	"time"

	"github.com/a-h/templ"

	"farebook/access"
	"farebook/starter/console/lists"
	"farebook/starter/console/page"
)

const auditPath = page.Root + "/audit"

// Routes adds the pages of this package.
func Routes(site *page.Site) {
	site.Nav(95, "audit.title", auditPath, access.Admin)
	site.Get(auditPath, list)
}

// entry is who asked for what.
type entry struct {
	ID                                            uint64
	At                                            time.Time
	Actor, Action, Subject, Detail, CorrelationID string
}

func list(r *page.Request) (templ.Component, error) {
	filters := r.Query("booking", "client", "subject")
	if day := r.Q("from"); day != "" {
		filters.Set("from", r.Day(day, 0))
	}
	if day := r.Q("to"); day != "" {
		filters.Set("to", r.Day(day, 1))
	}
	bar, err := lists.Bar(r, "audit", filters)
	if err != nil {
		return nil, err
	}
	query := r.Query("after")
	for name, values := range filters {
		query[name] = values
	}
	query.Set("limit", "50")
	var found struct {
		Entries []entry
		HasMore bool
		Next    string
	}
	if err := r.API.Get(r.Context(), "/v1/audit", query, &found); err != nil {
		return nil, err
	}
	return r.Page(r.T("audit.title"), auditPage(r, found.Entries, bar, found.Next, found.HasMore)), nil
}

// about is the page of what an entry is about; empty for what has none.
func (e entry) about() string {
	for prefix, path := range map[string]string{
		"FB-": "/bookings/", "recon_": "/reconciliations/", "item/": "/reconciliation-items/", "cl_": "/clients/", "evt_": "/events/",
		"attention/": "/attention/",
	} {
		if id, is := strings.CutPrefix(e.Subject, prefix); is {
			if !strings.HasSuffix(prefix, "/") {
				id = e.Subject
			}
			return page.Root + path + url.PathEscape(id)
		}
	}
	return ""
}

func columns(r *page.Request, names ...string) []page.Column {
	return page.Columns(func(name string) string { return r.T("audit.column." + name) }, names...)
}
