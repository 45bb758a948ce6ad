package fakestripe

import (
	"bytes"
	"encoding/json"
	"strings"
)

// event is what happened, with the object as it was then (stripe.com/docs/api/events/object).
type event struct {
	id      string
	created int64
	kind    string
	object  json.RawMessage
	// before are the fields that an update has changed, as they were.
	before  map[string]json.RawMessage
	account string // of a connected account; empty for ours
	request map[string]any
	// pending counts the endpoints that have not acknowledged it.
	pending int
}

func (e *event) identity() string { return e.id }
func (e *event) createdAt() int64 { return e.created }

func (e *event) wire(_ *Server, _ expansion) map[string]any {
	data := map[string]any{"object": e.object}
	if e.before != nil {
		data["previous_attributes"] = e.before
	}
	out := map[string]any{
		"id": e.id, "object": "event", "api_version": apiVersion, "created": e.created, "livemode": false, "type": e.kind,
		"data": data, "pending_webhooks": e.pending, "request": e.request,
	}
	if e.account != "" {
		out["account"] = e.account
	}
	return out
}

// asRequest is the request that caused an event; ids of null where time, a bank or the dashboard did.
func (c *call) asRequest() map[string]any {
	if c == nil {
		return noRequest()
	}
	return map[string]any{"id": c.requestID, "idempotency_key": orNil(c.key)}
}

func noRequest() map[string]any { return map[string]any{"id": nil, "idempotency_key": nil} }

// previousAttributes are the top-level fields in which an updated object differs from the last event about it; nil for
// events of other kinds, and for the first one. It keeps the snapshot for the next.
func (s *Server) previousAttributes(kind, id string, snapshot []byte) map[string]json.RawMessage {
	last := s.hooks.snapshots[id]
	s.hooks.snapshots[id] = snapshot
	if last == nil || !strings.HasSuffix(kind, ".updated") {
		return nil
	}
	var before, now map[string]json.RawMessage
	if json.Unmarshal(last, &before) != nil || json.Unmarshal(snapshot, &now) != nil {
		return nil // both were written by emit, and are objects
	}
	for field, value := range before {
		if bytes.Equal(value, now[field]) {
			delete(before, field)
		}
	}
	return before
}

// emit keeps an event and hands it to delivery. Called under the server's lock.
func (s *Server) emit(kind string, o object) {
	snapshot, err := json.Marshal(o.wire(s, nil))
	if err != nil {
		s.options.Log.Error("an object of the stand-in cannot be written", "error", err)
		return
	}
	e := &event{
		id: s.ids.next("evt"), created: s.clock.Now().Unix(), kind: kind, object: snapshot,
		before: s.previousAttributes(kind, o.identity(), snapshot), account: s.hooks.account, request: s.cause.asRequest(),
		pending: s.webhooks.wanting(kind),
	}
	s.events.add(e)
	payload, err := json.MarshalIndent(e.wire(s, nil), "", "  ")
	if err != nil {
		s.options.Log.Error("an event of the stand-in cannot be written", "error", err)
		return
	}
	s.webhooks.enqueue(delivery{eventID: e.id, kind: kind, payload: payload})
}

func listEvents(s *Server, c *call) (any, *apiError) {
	kind := c.query.Get("type")
	types := c.query["types[]"]
	return list(s, &s.events, "/v1/events", c.query, func(e *event) bool {
		return (kind == "" || matchesType(kind, e.kind)) && (len(types) == 0 || contains(types, e.kind))
	})
}

// matchesType takes a * at the end for a group of types.
func matchesType(pattern, kind string) bool {
	if prefix, found := strings.CutSuffix(pattern, "*"); found {
		return strings.HasPrefix(kind, prefix)
	}
	return pattern == kind
}

func retrieveEvent(s *Server, c *call) (any, *apiError) {
	e, failed := s.events.find("event", c.id)
	if failed != nil {
		return nil, failed
	}
	return e.wire(s, nil), nil
}

// acknowledged records that the endpoint took an event. Called without the server's lock.
func (s *Server) acknowledged(eventID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e, failed := s.events.find("event", eventID); failed == nil {
		e.pending = 0
	}
}

// Deliver sends an event once more and returns the HTTP status that it met.
func (s *Server) Deliver(eventID string) (int, error) {
	s.mu.Lock()
	e, failed := s.events.find("event", eventID)
	if failed != nil {
		s.mu.Unlock()
		return 0, asError(failed)
	}
	payload, err := json.MarshalIndent(e.wire(s, nil), "", "  ")
	s.mu.Unlock()
	if err != nil {
		return 0, err
	}
	return s.webhooks.post(delivery{eventID: eventID, payload: payload})
}
