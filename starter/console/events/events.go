// Package events shows Stripe's events with how far each was processed, processes one again, and sets one aside with a reason. It imports
// access, and lists and page of the console.
package events

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"github.com/a-h/templ"

	"farebook/access"
	"farebook/starter/console/lists"
	"farebook/starter/console/page"
)

const (
	path    = page.Root + "/events"
	apiPath = "/v1/events"
)

// Routes adds the pages.
func Routes(site *page.Site) {
	site.Nav(58, "events.title", path, access.OperationsRead)
	site.Get(path, list)
	site.Get(path+"/{id}", show)
	site.Post(path+"/{id}/retry", retry)
	site.Post(path+"/{id}/ignore", ignore)
}

// event is what the pages show of one.
type event struct {
	ID, Type, State, LastError, Note, ObjectID, Booking, APIVersion, Account string
	Attempts                                                                 int
	Livemode                                                                 bool
	CreatedAt, ReceivedAt                                                    time.Time
	ProcessedAt, NextAttemptAt                                               *time.Time
	Payload                                                                  json.RawMessage
}

type events struct {
	Events  []event
	HasMore bool
	Next    string
}

// states are those that can be chosen, in the order of an event's life.
var states = []string{"received", "processing", "processed", "failed", "unknown_booking", "not_ours", "ignored"}

func stateOptions(r *page.Request) []page.Option {
	return page.Choices(r.T("events.anyState"), states, func(state string) string { return r.T("events.state." + state) })
}

func list(r *page.Request) (templ.Component, error) {
	query := r.Query("q", "state", "type", "booking", "after")
	r.Days(query)
	bar, err := lists.Bar(r, "events", query)
	if err != nil {
		return nil, err
	}
	query.Set("limit", "50")
	var found events
	if err := r.API.Get(r.Context(), apiPath, query, &found); err != nil {
		return nil, err
	}
	return r.Page(r.T("events.title"), listPage(r, bar, found)), nil
}

func show(r *page.Request) (templ.Component, error) {
	query := url.Values{}
	if r.Person.May(access.Admin) {
		query.Set("payload", "true")
	}
	var found event
	if err := r.API.Get(r.Context(), apiPath+"/"+r.PathValue("id"), query, &found); err != nil {
		return nil, err
	}
	return r.Page(r.T("events.page", "ID", found.ID), showPage(r, found)), nil
}

func retry(r *page.Request) (string, error) {
	id := r.PathValue("id")
	return path + "/" + id, r.API.Send(r.Context(), http.MethodPost, apiPath+"/"+id+"/retry", r.Key(), nil, nil)
}

func ignore(r *page.Request) (string, error) {
	id, note := r.PathValue("id"), map[string]string{"note": r.Field("note")}
	return path + "/" + id, r.API.Send(r.Context(), http.MethodPost, apiPath+"/"+id+"/ignore", r.Key(), note, nil)
}

// indented is a payload to read.
func indented(payload json.RawMessage) string {
	var out bytes.Buffer
	if err := json.Indent(&out, payload, "", "  "); err != nil {
		return string(payload)
	}
	return out.String()
}

func mode(r *page.Request, live bool) string {
	if live {
		return r.T("events.live")
	}
	return r.T("events.test")
}

// why is what an event waits for, or why nothing is done about it.
func (e event) why() string {
	if e.LastError != "" {
		return e.LastError
	}
	return e.Note
}
