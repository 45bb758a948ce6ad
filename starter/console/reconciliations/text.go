package reconciliations

import (
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"farebook/starter/console/page"
)

// columns are those of a table by the ids of their texts; + at the end of one aligns it to the end of the line.
func columns(r *page.Request, names ...string) []page.Column {
	return page.Columns(func(name string) string { return r.T("reconciliations.column." + name) }, names...)
}

// choices are options whose texts have ids that begin with a prefix.
func choices(r *page.Request, anyOf, prefix string, values ...string) []page.Option {
	return page.Choices(anyOf, values, func(value string) string { return r.T(prefix + value) })
}

// word is the text of a value of the API, which has more of them than the console has words for after an upgrade.
func word(r *page.Request, kind, value string) string {
	return r.Words.Or(strings.ReplaceAll(value, "_", " "), "reconciliations."+kind+"."+value)
}

// mode says what a run does.
func mode(r *page.Request, run summary) string {
	switch {
	case run.Applies != "":
		return r.T("reconciliations.mode.apply")
	case run.DryRun:
		return r.T("reconciliations.mode.plan")
	}
	return r.T("reconciliations.mode.heal")
}

// shownID is how much of a run's id a list shows.
const shownID = len("recon_") + 8

func short(id string) string {
	if len(id) <= shownID {
		return id
	}
	return id[:shownID] + "…"
}

// decidedBy are the counts of what an operator has to decide about, or those of what is expected.
func decidedBy(counts []count, expected bool) []count {
	var chosen []count
	for _, one := range counts {
		if one.expected() == expected {
			chosen = append(chosen, one)
		}
	}
	return chosen
}

func sum(counts []count) int64 {
	var items int64
	for _, one := range counts {
		items += one.Items
	}
	return items
}

// itemsOf is the list of the items that are counted.
func itemsOf(run run, counted count) string {
	query := url.Values{"part": {"all"}, "class": {counted.Class}, "state": {counted.State}}
	return runPath(run.CorrelationID) + "?" + query.Encode()
}

// current marks the link to what is shown.
func current(is bool) templ.Attributes {
	if !is {
		return nil
	}
	return templ.Attributes{"aria-current": "page"}
}

// polling has the progress of a run read again while it is running.
func polling(id string, at progress) templ.Attributes {
	if at.Status != "running" {
		return nil
	}
	return templ.Attributes{"hx-get": runPath(id) + "/progress", "hx-trigger": "every 2s", "hx-swap": "outerHTML"}
}
