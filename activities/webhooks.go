package activities

import (
	"context"
	"log/slog"
	"time"

	"farebook/internal/failpoint"
	"farebook/internal/metrics"
	"farebook/internal/outbound"
	"farebook/store"
	"farebook/webhook"
)

// Webhooks are the activities that deliver events to the webhook endpoints of clients.
type Webhooks struct {
	Store  *store.Store
	Sender *outbound.Sender
	Keys   webhook.Keys
	// Metrics counts deliveries; it may be nil.
	Metrics *metrics.Webhooks
	Log     *slog.Logger
}

// DeliverEventsInput names an endpoint. Its address and its events stay in MySQL.
type DeliverEventsInput struct {
	EndpointID string `json:"endpointId"`
}

// EventsDelivered is the state of an endpoint after a call.
type EventsDelivered struct {
	Delivered int `json:"delivered"`
	// More: there may be more to deliver now.
	More bool `json:"more,omitempty"`
	// RetryIn is how long to wait before the oldest event is tried again; zero when nothing waits.
	RetryIn time.Duration `json:"retryIn,omitempty"`
	// Disabled: the endpoint is given up.
	Disabled bool `json:"disabled,omitempty"`
	// EmailIDs are emails to its owner that are queued and not sent yet.
	EmailIDs []uint64 `json:"emailIds,omitempty"`
}

const (
	// deliveriesAtOnce bounds one call, whose slot other endpoints wait for.
	deliveriesAtOnce = 20
	// deliveringFor is how long one call begins deliveries. The last may take outbound.Deadline more.
	deliveringFor = 20 * time.Second
)

// DeliverEvents sends the events of an endpoint that were not delivered, in the order in which they were written, until one is not taken.
// Harmless when repeated: an event whose answer was not recorded is sent again under the same webhook-id, by which its receiver knows it.
func (w *Webhooks) DeliverEvents(ctx context.Context, in DeliverEventsInput) (EventsDelivered, error) {
	pending, err := w.Store.PendingDeliveries(ctx, in.EndpointID, deliveriesAtOnce)
	if err != nil {
		return EventsDelivered{}, storeError(err)
	}
	var result EventsDelivered
	began := w.Store.Now()
	for _, delivery := range pending {
		now := w.Store.Now()
		if delivery.NextAt != nil && delivery.NextAt.After(now) {
			result.RetryIn = delivery.NextAt.Sub(now)
			return result, nil
		}
		if now.Sub(began) > deliveringFor {
			result.More = true
			return result, nil
		}
		attempt, err := w.attempt(ctx, delivery)
		if err != nil {
			return result, err
		}
		if !attempt.taken {
			result.RetryIn, result.Disabled, result.EmailIDs = attempt.RetryIn, attempt.Disabled, attempt.EmailIDs
			return result, nil
		}
		result.Delivered++
	}
	result.More = len(pending) == deliveriesAtOnce // an event that was written meanwhile signals the workflow
	return result, nil
}

type attempted struct {
	store.AttemptRecorded

	taken bool
}

func (w *Webhooks) attempt(ctx context.Context, d store.Delivery) (attempted, error) {
	now := w.Store.Now()
	message := outbound.Message{ID: d.MessageID, URL: d.Endpoint.URL, Body: []byte(d.Payload), Now: now}
	for _, version := range d.Endpoint.Secrets(now) {
		secret, err := w.Keys.Secret(d.Endpoint.ID, version)
		if err != nil {
			return attempted{}, err // retried: an operator has to put the key back
		}
		message.Secrets = append(message.Secrets, secret)
	}
	failpoint.Hit("before-deliver-webhook")
	answer, err := w.Sender.Send(ctx, message)
	if err != nil {
		return attempted{}, err
	}
	failpoint.Hit("after-deliver-webhook")
	made := store.Attempt{At: now, Status: answer.Status, Excerpt: answer.Excerpt, Took: answer.Took, Error: answer.Problem}
	recorded, err := w.Store.RecordAttempt(ctx, d, made)
	if err != nil {
		return attempted{}, storeError(err)
	}
	failpoint.Hit("after-webhook-answer")
	w.Metrics.Attempted(made.Taken(), recorded.Disabled, w.Store.Now().Sub(d.OccurredAt))
	w.Log.InfoContext(ctx, "webhook sent", "endpointId", d.Endpoint.ID, "webhookId", d.MessageID, "type", d.Type, "status", answer.Status,
		"problem", answer.Problem, "took", answer.Took.String(), "attempt", d.Attempts+1, "disabled", recorded.Disabled)
	return attempted{recorded, made.Taken()}, nil
}
