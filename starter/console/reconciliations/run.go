package reconciliations

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"github.com/a-h/templ"

	"farebook/starter/console/caller"
	"farebook/starter/console/lists"
	"farebook/starter/console/page"
)

// tab is a part of what a run found, as the API's filters.
type tab struct {
	id    string
	query url.Values
}

// tabs are the parts. What an operator has to decide is shown first; what is expected is no exception, and has a separate part.
var tabs = []tab{
	{"decide", url.Values{"expected": {"false"}}},
	{"plan", url.Values{"proposed": {"any"}, "expected": {"false"}}},
	{"expected", url.Values{"expected": {"true"}}},
	{"all", url.Values{}},
}

// tabOf is the part that a request asks for: a plan that can be carried out is opened at its plan.
func tabOf(r *page.Request, run summary) tab {
	asked := r.Q("part")
	if asked == "" && run.plan() {
		asked = "plan"
	}
	for _, one := range tabs {
		if one.id == asked {
			return one
		}
	}
	return tabs[0]
}

// found is a page of the items of a run, with what would be posted for each if that was asked for.
type found struct {
	items  []item
	drafts map[uint64]draft
	next   string
}

func show(r *page.Request) (templ.Component, error) {
	var shown run
	if err := r.API.Get(r.Context(), apiRun(r), url.Values{"details": {"false"}}, &shown); err != nil {
		return nil, err
	}
	at, err := progressOf(r, shown.summary)
	if err != nil {
		return nil, err
	}
	part := tabOf(r, shown.summary)
	query := r.Query("class", "state")
	for name, values := range part.query {
		query[name] = values
	}
	items, err := readItems(r, query)
	if err != nil {
		return nil, err
	}
	exported := url.Values{"run": {shown.CorrelationID}}
	for name, values := range query {
		exported[name] = values
	}
	bar, err := lists.Bar(r, "reconciliation-items", exported)
	if err != nil {
		return nil, err
	}
	return r.Page(r.T("reconciliations.run"), runPage(r, shown, at, part, items, bar)), nil
}

func readItems(r *page.Request, filters url.Values) (found, error) {
	query := r.Query("after")
	for name, values := range filters {
		query[name] = values
	}
	query.Set("limit", pageSize)
	var answer struct {
		Items   []item
		HasMore bool
		Next    string
	}
	if err := r.API.Get(r.Context(), apiRun(r)+"/items", query, &answer); err != nil {
		return found{}, err
	}
	read := found{items: answer.Items, next: next(answer.HasMore, answer.Next)}
	if r.Q("entries") == "" {
		return read, nil
	}
	read.drafts = make(map[uint64]draft, len(read.items))
	for _, one := range read.items {
		draft, err := draftOf(r, one.ID, "")
		if err != nil {
			return found{}, err
		}
		read.drafts[one.ID] = draft
	}
	return read, nil
}

// draftOf is what would be posted for an item, or why nothing can be.
func draftOf(r *page.Request, id uint64, account string) (draft, error) {
	query := url.Values{}
	if account != "" {
		query.Set("account", account)
	}
	var shown draft
	err := r.API.Get(r.Context(), "/v1/reconciliation-items/"+strconv.FormatUint(id, 10)+"/correction", query, &shown)
	var problem *caller.Problem
	if errors.As(err, &problem) && (problem.Status == http.StatusConflict || problem.Status == http.StatusServiceUnavailable) {
		return draft{Refused: problem.Detail}, nil // without Stripe, the rest of the page is shown
	}
	return shown, err
}

// progressOf is how far a run is; nil for one that has ended, and for one whose progress cannot be read at present.
func progressOf(r *page.Request, run summary) (*progress, error) {
	if run.Status != "running" {
		return nil, nil
	}
	var at progress
	err := r.API.Get(r.Context(), "/v1/reconciliations/"+run.CorrelationID+"/progress", nil, &at)
	var problem *caller.Problem
	if errors.As(err, &problem) && problem.Status == http.StatusServiceUnavailable {
		return &progress{Status: run.Status}, nil
	}
	return &at, err
}

// showProgress is the part of a run's page that is read again while the run is running.
func showProgress(r *page.Request) (templ.Component, error) {
	at, err := progressOf(r, summary{CorrelationID: r.PathValue("id"), Status: "running"})
	if err != nil {
		return nil, err
	}
	return progressPart(r, r.PathValue("id"), *at), nil
}
