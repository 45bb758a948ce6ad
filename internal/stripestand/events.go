package stripestand

import (
	"encoding/json"
	"strings"
)

// event is what happened, with the object as it was then (stripe.com/docs/api/events/object).
type event struct {
	id      string
	created int64
	kind    string
	object  json.RawMessage
}

func (e *event) identity() string { return e.id }
func (e *event) createdAt() int64 { return e.created }

func (e *event) wire(s *Server, _ expansion) map[string]any {
	return map[string]any{
		"id": e.id, "object": "event", "api_version": apiVersion, "created": e.created, "livemode": false, "type": e.kind,
		"data": map[string]any{"object": e.object}, "pending_webhooks": s.webhooks.targets(),
		"request": map[string]any{"id": nil, "idempotency_key": nil},
	}
}

// emit keeps an event and hands it to delivery. Called under the server's lock.
func (s *Server) emit(kind string, o object) {
	snapshot, err := json.Marshal(o.wire(s, nil))
	if err != nil {
		s.options.Log.Error("an object of the stand-in cannot be written", "error", err)
		return
	}
	e := &event{id: s.ids.next("evt"), created: s.clock.Now().Unix(), kind: kind, object: snapshot}
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
