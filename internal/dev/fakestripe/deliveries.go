package fakestripe

import (
	"encoding/json"
	"time"
)

// MadeEvent describes an event that the stand-in does not emit itself.
type MadeEvent struct {
	ID         string          `json:"id"` // empty for a new one; the same again is another delivery of the event
	Type       string          `json:"type"`
	Object     json.RawMessage `json:"object"`      // data.object; empty leaves it out. It may have no id
	Account    string          `json:"account"`     // id of a connected account; empty for the platform account
	APIVersion string          `json:"api_version"` // empty for the stand-in's version; Stripe may append flags: "2022-08-01; orders_beta=v4"
	Livemode   bool            `json:"livemode"`
}

// DeliverMade sends the event once, without storing it, and returns the HTTP status of the endpoint's answer.
func (s *Server) DeliverMade(in MadeEvent) (int, error) {
	data := map[string]any{}
	if in.Object != nil {
		data["object"] = in.Object
	}
	out := map[string]any{
		"id": orDefault(in.ID, s.ids.next("evt")), "object": "event", "api_version": orDefault(in.APIVersion, apiVersion),
		"created": s.clock.Now().Unix(), "livemode": in.Livemode, "type": in.Type, "data": data, "pending_webhooks": 1, "request": noRequest(),
	}
	if in.Account != "" {
		out["account"] = in.Account
	}
	return s.deliverJSON(out)
}

// DeliverThin sends a thin event of API v2, which carries a reference instead of an object
// (docs.stripe.com/event-destinations#thin-events). The ping of an event destination has the type
// v2.core.event_destination.ping. It returns the HTTP status of the answer.
func (s *Server) DeliverThin(kind string) (int, error) {
	destination := s.ids.next("ed_test")
	return s.deliverJSON(map[string]any{
		"id": s.ids.next("evt_test"), "object": "v2.core.event", "type": kind, "livemode": false, "context": nil, "reason": nil,
		"created":        s.clock.Now().UTC().Format(time.RFC3339Nano),
		"related_object": map[string]any{"id": destination, "type": "event_destination", "url": "/v2/core/event_destinations/" + destination},
	})
}

func (s *Server) deliverJSON(body map[string]any) (int, error) {
	payload, err := json.MarshalIndent(body, "", "  ")
	if err != nil {
		return 0, err
	}
	return s.DeliverPayload(payload)
}

// DeliverPayload signs arbitrary bytes, sends them once, and returns the HTTP status of the answer.
func (s *Server) DeliverPayload(payload []byte) (int, error) {
	return s.webhooks.post(delivery{payload: payload})
}
