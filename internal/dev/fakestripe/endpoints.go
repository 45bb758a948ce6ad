package fakestripe

import (
	"net/url"
	"slices"
	"strings"
)

// webhookEndpoint is the one endpoint that the stand-in delivers to (stripe.com/docs/api/webhook_endpoints). Its URL, its event types and
// whether it is disabled are those of the deliveries.
type webhookEndpoint struct {
	id, url, description, apiVersion string
	created                          int64
	metadata                         map[string]string
}

// endpoint returns the endpoint that exists now, or nil. One that Options or SetWebhook has configured gets its id here. The caller holds
// the server's lock.
func (s *Server) endpoint() *webhookEndpoint {
	target := s.webhooks.target()
	switch {
	case target.url == "":
		s.registered = nil
	case s.registered == nil || s.registered.url != target.url:
		s.registered = &webhookEndpoint{id: s.ids.next("we"), url: target.url, created: s.clock.Now().Unix(), apiVersion: apiVersion}
	}
	return s.registered
}

func (s *Server) findEndpoint(id string) (*webhookEndpoint, *apiError) {
	if e := s.endpoint(); e != nil && e.id == id {
		return e, nil
	}
	return nil, notFoundError("webhook_endpoint", id)
}

// wire leaves out the secret, which only the answer to the creation has.
func (e *webhookEndpoint) wire(s *Server) map[string]any {
	target := s.webhooks.target()
	types, status := target.enabled, "enabled"
	if len(types) == 0 {
		types = []string{"*"}
	}
	if target.disabled {
		status = "disabled"
	}
	metadata := e.metadata
	if metadata == nil {
		metadata = map[string]string{}
	}
	return map[string]any{
		"id": e.id, "object": "webhook_endpoint", "created": e.created, "livemode": false, "url": e.url, "enabled_events": types,
		"status": status, "metadata": metadata, "description": orNil(e.description), "api_version": orNil(e.apiVersion), "application": nil,
	}
}

// createEndpoint registers the URL and the event types of a webhook endpoint (stripe.com/docs/api/webhook_endpoints/create). The
// stand-in delivers to one endpoint only, so it refuses a second with a 400.
func createEndpoint(s *Server, c *call) (any, *apiError) {
	if failed := checkEndpointURL(c.form); failed != nil {
		return nil, failed
	}
	if s.endpoint() != nil {
		return nil, refused("", "The stand-in supports one webhook endpoint, and it exists already.")
	}
	secret := "whsec_" + strings.TrimPrefix(s.ids.next("x"), "x_")
	s.webhooks.set(c.form.Get("url"), secret)
	s.webhooks.enable(allOrSome(c.texts("enabled_events")))
	s.webhooks.disable(false)
	e := s.endpoint()
	e.description, e.apiVersion, e.metadata = c.form.Get("description"), c.form.Get("api_version"), c.metadata()
	out := e.wire(s)
	out["secret"] = secret
	return out, nil
}

// updateEndpoint changes all but the API version, which an endpoint keeps (stripe.com/docs/api/webhook_endpoints/update).
func updateEndpoint(s *Server, c *call) (any, *apiError) {
	e, failed := s.findEndpoint(c.id)
	if failed != nil {
		return nil, failed
	}
	if c.form.Has("url") {
		if failed := checkEndpointURL(c.form); failed != nil {
			return nil, failed
		}
		e.url = c.form.Get("url")
		s.webhooks.move(e.url)
	}
	if failed := c.changeMetadata(&e.metadata); failed != nil {
		return nil, failed
	}
	if types := c.texts("enabled_events"); len(types) > 0 {
		s.webhooks.enable(allOrSome(types))
	}
	if c.form.Has("disabled") {
		s.webhooks.disable(c.boolean("disabled"))
	}
	if c.form.Has("description") {
		e.description = c.form.Get("description")
	}
	return e.wire(s), nil
}

func retrieveEndpoint(s *Server, c *call) (any, *apiError) {
	e, failed := s.findEndpoint(c.id)
	if failed != nil {
		return nil, failed
	}
	return e.wire(s), nil
}

// deleteEndpoint ends the deliveries (stripe.com/docs/api/webhook_endpoints/delete).
func deleteEndpoint(s *Server, c *call) (any, *apiError) {
	e, failed := s.findEndpoint(c.id)
	if failed != nil {
		return nil, failed
	}
	s.webhooks.set("", "")
	return map[string]any{"id": e.id, "object": "webhook_endpoint", "deleted": true}, nil
}

// listEndpoints has one page, because there is at most one endpoint.
func listEndpoints(s *Server, c *call) (any, *apiError) {
	if _, failed := pageLimit(c.query); failed != nil {
		return nil, failed
	}
	data := []any{}
	e := s.endpoint()
	for _, cursor := range []string{"starting_after", "ending_before"} {
		id := c.query.Get(cursor)
		if id != "" && (e == nil || e.id != id) {
			return nil, invalid("resource_missing", cursor, "No such object: '"+id+"'")
		}
	}
	if e != nil && !c.query.Has("starting_after") && !c.query.Has("ending_before") {
		data = append(data, e.wire(s))
	}
	return map[string]any{"object": "list", "url": "/v1/webhook_endpoints", "has_more": false, "data": data}, nil
}

func checkEndpointURL(form url.Values) *apiError {
	address := form.Get("url")
	if !strings.HasPrefix(address, "http://") && !strings.HasPrefix(address, "https://") {
		return invalid("url_invalid", "url", "Invalid URL: An explicit scheme (such as https) must be provided.")
	}
	return nil
}

// allOrSome is empty for all types.
func allOrSome(types []string) []string {
	if contains(types, "*") {
		return nil
	}
	return types
}

// Endpoint is the webhook endpoint as a test reads it.
type Endpoint struct {
	URL, APIVersion string
	Types           []string // in alphabetical order; empty for all
	Disabled        bool
}

// Endpoint returns the webhook endpoint, if there is one.
func (s *Server) Endpoint() (e Endpoint, known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	registered, target := s.endpoint(), s.webhooks.target()
	slices.Sort(target.enabled)
	if registered == nil {
		return Endpoint{}, false
	}
	return Endpoint{URL: target.url, APIVersion: registered.apiVersion, Types: target.enabled, Disabled: target.disabled}, true
}

// DisableEndpoint disables the endpoint, as Stripe does after days of failed deliveries.
func (s *Server) DisableEndpoint() { s.webhooks.disable(true) }

// SetEndpointVersion makes the endpoint one of another API version.
func (s *Server) SetEndpointVersion(version string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.endpoint(); e != nil {
		e.apiVersion = version
	}
}
