package fakestripe

import (
	"bytes"
	"encoding/json"
	"strings"
)

// event is a Stripe event with a snapshot of its object (stripe.com/docs/api/events/object).
type event struct {
	id      string
	created int64
	kind    string
	object  json.RawMessage
	// before holds the previous values of the fields that an update changed.
	before  map[string]json.RawMessage
	account string // id of a connected account; empty for the platform account
	request map[string]any
	// pending counts the endpoints that have not acknowledged the event.
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

// asRequest returns the event's request field: the ids of the call that caused it, or nulls if the clock, a bank or the
// dashboard did.
func (c *call) asRequest() map[string]any {
	if c == nil {
		return noRequest()
	}
	return map[string]any{"id": c.requestID, "idempotency_key": orNil(c.key)}
}

func noRequest() map[string]any { return map[string]any{"id": nil, "idempotency_key": nil} }

// previousAttributes returns the previous values of the top-level fields that changed since the last event about the object; nil
// if the event's type does not end in .updated, or if the event is the first. It stores the snapshot for the next comparison.
func (s *Server) previousAttributes(kind, id string, snapshot []byte) map[string]json.RawMessage {
	last := s.hooks.snapshots[id]
	s.hooks.snapshots[id] = snapshot
	if last == nil || !strings.HasSuffix(kind, ".updated") {
		return nil
	}
	var before, now map[string]json.RawMessage
	if json.Unmarshal(last, &before) != nil || json.Unmarshal(snapshot, &now) != nil {
		return nil // unreachable: emit wrote both as JSON objects
	}
	for field, value := range before {
		if bytes.Equal(value, now[field]) {
			delete(before, field)
		}
	}
	return before
}

// emit stores an event and queues it for delivery. The caller holds the server's lock.
func (s *Server) emit(kind string, o object) {
	snapshot, err := json.Marshal(o.wire(s, nil))
	if err != nil {
		s.options.Log.Error("cannot encode an object", "error", err)
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
		s.options.Log.Error("cannot encode an event", "error", err)
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

// matchesType reports whether an event type matches pattern, in which a trailing * matches any suffix.
func matchesType(pattern, kind string) bool {
	if prefix, found := strings.CutSuffix(pattern, "*"); found {
		return strings.HasPrefix(kind, prefix)
	}
	return pattern == kind
}

// acknowledged records that the endpoint answered an event with a 2xx. The caller does not hold the server's lock.
func (s *Server) acknowledged(eventID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e, failed := s.events.find("event", eventID); failed == nil {
		e.pending = 0
	}
}

// Deliver sends an event once more and returns the HTTP status of the answer.
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
