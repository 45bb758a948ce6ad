package view

import (
	"encoding/json"
	"time"

	"farebook/store"
	"farebook/webhook"
)

// WebhookEndpoint is a webhook endpoint, without its signing secret.
type WebhookEndpoint struct {
	ID             string     `json:"id" example:"we_7K2M9QXA4T"`
	ClientID       string     `json:"clientId" example:"cl_7K2M9QXA4T"`
	URL            string     `json:"url" example:"https://shop.example.com/farebook"`
	Description    string     `json:"description,omitempty" example:"Shop, production"`
	ContactEmail   string     `json:"contactEmail" doc:"Who is written to when the endpoint is disabled because it fails." example:"hooks@example.com"`
	EventTypes     []string   `json:"eventTypes" nullable:"false" example:"[\"booking.confirmed\"]"`
	State          string     `json:"state" enum:"enabled,disabled,removed"`
	DisabledAt     *time.Time `json:"disabledAt,omitempty"`
	DisabledReason string     `json:"disabledReason,omitempty" enum:"owner,failing,gone" doc:"failing: no event was taken for three days. gone: the receiver answered 410."`
	SecretVersion  int        `json:"secretVersion" doc:"How often the signing secret was made: 1 for the first one." example:"1"`
	OverlapUntil   *time.Time `json:"overlapUntil,omitempty" doc:"Until when the previous secret signs as well; left out without a rotation under way."`
	CreatedAt      time.Time  `json:"createdAt"`
	UpdatedAt      time.Time  `json:"updatedAt"`
}

// WebhookEndpointOf converts an endpoint of the store; now decides whether a rotation is under way.
func WebhookEndpointOf(e store.Endpoint, now time.Time) WebhookEndpoint {
	shown := WebhookEndpoint{
		ID: e.ID, ClientID: e.ClientCode, URL: e.URL, Description: e.Description, ContactEmail: e.ContactEmail,
		EventTypes: webhook.Names(e.Types), State: "enabled", DisabledAt: e.DisabledAt, DisabledReason: string(e.Reason),
		SecretVersion: e.Secret.Number, CreatedAt: e.CreatedAt, UpdatedAt: e.UpdatedAt,
	}
	switch {
	case e.RemovedAt != nil:
		shown.State = "removed"
	case e.DisabledAt != nil:
		shown.State = "disabled"
	}
	if len(e.Secrets(now)) > 1 {
		shown.OverlapUntil = &e.PreviousUntil
	}
	return shown
}

// WebhookDelivery is an event for a webhook endpoint, with the last attempt to deliver it.
type WebhookDelivery struct {
	ID            string          `json:"id" doc:"The webhook-id: the same however often the event is sent." example:"msg_0f1d2c3b4a59687786958473625140ff"`
	Type          string          `json:"type" example:"booking.confirmed"`
	State         string          `json:"state" enum:"pending,delivered"`
	OccurredAt    time.Time       `json:"occurredAt"`
	DeliveredAt   *time.Time      `json:"deliveredAt,omitempty"`
	Attempts      int             `json:"attempts" doc:"Since the event was written or replayed."`
	NextAttemptAt *time.Time      `json:"nextAttemptAt,omitempty" doc:"Set after a failed attempt."`
	LastAttempt   *WebhookAttempt `json:"lastAttempt,omitempty"`
}

// WebhookAttempt is an attempt to deliver an event.
type WebhookAttempt struct {
	At         time.Time `json:"at"`
	Status     int       `json:"status,omitempty" doc:"What the receiver answered; left out without an answer." example:"200"`
	Excerpt    string    `json:"excerpt,omitempty" doc:"The beginning of the answer's body, without secrets, addresses and card numbers."`
	Problem    string    `json:"problem,omitempty" doc:"Why there was no complete answer." example:"no complete answer within 10s"`
	DurationMs int64     `json:"durationMs"`
}

// WebhookDeliveryOf converts a delivery of the store.
func WebhookDeliveryOf(d store.Delivery) WebhookDelivery {
	shown := WebhookDelivery{
		ID: d.MessageID, Type: string(d.Type), State: "pending", OccurredAt: d.OccurredAt, DeliveredAt: d.DeliveredAt, Attempts: d.Attempts,
		NextAttemptAt: d.NextAt,
	}
	if d.DeliveredAt != nil {
		shown.State = "delivered"
	}
	if last := d.Last; last != nil {
		shown.LastAttempt = &WebhookAttempt{
			At: last.At, Status: last.Status, Excerpt: last.Excerpt, Problem: last.Error, DurationMs: last.Took.Milliseconds(),
		}
	}
	return shown
}

// WebhookMessage is a delivery with what is sent.
type WebhookMessage struct {
	WebhookDelivery

	Payload json.RawMessage `json:"payload" doc:"The body as it is sent."`
}

// WebhookMessageOf converts a delivery of the store.
func WebhookMessageOf(d store.Delivery) WebhookMessage {
	return WebhookMessage{WebhookDeliveryOf(d), json.RawMessage(d.Payload)}
}
