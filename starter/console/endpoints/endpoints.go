// Package endpoints shows the webhook endpoints of clients and what was sent to each with the receiver's last answer; it sends an event,
// or those of a time, again, sends a test event, and stops and starts deliveries. It imports access, and page of the console.
package endpoints

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"farebook/access"
	"farebook/starter/console/page"
)

const (
	path        = page.Root + "/webhook-endpoints"
	apiPath     = "/v1/webhook-endpoints"
	clientsPath = page.Root + "/clients"
)

// Routes adds the pages.
func Routes(site *page.Site) {
	site.Nav(92, "endpoints.title", path, access.OperationsRead)
	site.Get(path, list)
	site.Get(path+"/{id}", show)
	site.Post(path+"/{id}/replay", replayRange)
	for _, action := range []string{"disable", "enable", "test", "deliveries/{delivery}/replay"} {
		site.Post(path+"/{id}/"+action, act)
	}
}

// endpoint is what the pages show of one.
type endpoint struct {
	ID, ClientID, URL, Description, ContactEmail, State, DisabledReason string
	EventTypes                                                          []string
	DisabledAt, OverlapUntil                                            *time.Time
	SecretVersion                                                       int
	CreatedAt                                                           time.Time
}

type endpoints struct {
	WebhookEndpoints []endpoint
	HasMore          bool
	Next             string
}

// delivery is an event for an endpoint.
type delivery struct {
	ID, Type, State            string
	OccurredAt                 time.Time
	DeliveredAt, NextAttemptAt *time.Time
	Attempts                   int
	LastAttempt                *attempt
}

type attempt struct {
	At               time.Time
	Status           int
	Excerpt, Problem string
	DurationMs       int64
}

type deliveries struct {
	Deliveries []delivery
	HasMore    bool
	Next       string
}

const pageSize = "50"

// list shows the endpoints of one client, or of all.
func list(r *page.Request) (templ.Component, error) {
	query := r.Query("client", "after")
	if query.Get("client") == "" {
		query.Set("client", "all")
	}
	query.Set("limit", pageSize)
	var found endpoints
	if err := r.API.Get(r.Context(), apiPath, query, &found); err != nil {
		return nil, err
	}
	return r.Page(r.T("endpoints.title"), listPage(r, found)), nil
}

func show(r *page.Request) (templ.Component, error) {
	at := apiPath + "/" + url.PathEscape(r.PathValue("id"))
	var shown endpoint
	if err := r.API.Get(r.Context(), at, nil, &shown); err != nil {
		return nil, err
	}
	query := r.Query("after")
	query.Set("limit", pageSize)
	var sent deliveries
	if err := r.API.Get(r.Context(), at+"/deliveries", query, &sent); err != nil {
		return nil, err
	}
	return r.Page(r.T("endpoints.one", "ID", shown.ID), showPage(r, shown, sent)), nil
}

// act stops or starts deliveries, or sends an event.
func act(r *page.Request) (string, error) {
	return endpointPath(r.PathValue("id")), r.API.Send(r.Context(), http.MethodPost, inAPI(r), r.Key(), nil, nil)
}

// inAPI is the path in the API of what a form asks for: below its root, it is the same here.
func inAPI(r *page.Request) string { return apiPath + strings.TrimPrefix(r.URL.EscapedPath(), path) }

func endpointPath(id string) string { return path + "/" + url.PathEscape(id) }

func replayPath(e endpoint, d delivery) string {
	return endpointPath(e.ID) + "/deliveries/" + url.PathEscape(d.ID) + "/replay"
}

// answer is the status of an attempt, and why there was no complete answer.
func (a attempt) answer() string {
	if a.Status == 0 {
		return a.Problem
	}
	return strings.TrimSpace(strconv.Itoa(a.Status) + " " + a.Problem)
}

// mayChange says whether the person may act on the endpoint.
func mayChange(r *page.Request, e endpoint) bool {
	return r.Person.May(access.OperationsWrite) && e.State != "removed"
}

// columns are those of a table by the ids of their texts.
func columns(r *page.Request, names ...string) []page.Column {
	return page.Columns(func(name string) string { return r.T("endpoints.column." + name) }, names...)
}

// reason is why an endpoint takes no events.
func (e endpoint) reason(r *page.Request) string {
	return r.Words.Or(e.DisabledReason, "endpoints.reason."+e.DisabledReason)
}
