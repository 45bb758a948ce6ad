package metrics

import (
	"strconv"
	"time"
)

// The values of labels of the API's metrics.
var (
	limits      = []string{"reads", "writes", "webhooks", "strangers", "wrong-keys"}
	outcomes    = []string{"first", "replayed", "conflict", "in_progress"}
	statusCodes = []string{
		"200", "201", "202", "204", "304", "400", "401", "403", "404", "405", "408", "409", "413", "415", "422", "429", "500", "503",
	}
)

var (
	httpRequests = Definition{
		Name: "farebook_http_request_duration_seconds", Kind: KindHistogram, Processes: []Process{API}, buckets: seconds,
		Help: "Time from a request's header to its answer, by route and status.",
		Labels: []Label{
			{Name: "route", Text: "the operations of the OpenAPI document, such as `POST /v1/bookings`; `other` for unknown paths"},
			{Name: "status", Values: statusCodes},
		},
	}
	clientSecret = Definition{
		Name: "farebook_booking_client_secret_seconds", Kind: KindHistogram, Processes: []Process{API}, buckets: seconds,
		Help: "Time from the request for a booking to its answer with the client secret; repetitions of a key are left out.",
	}
	idempotency = Definition{
		Name: "farebook_idempotency_keys_total", Kind: KindCounter, Processes: []Process{API},
		Help: "Requests with an Idempotency-Key: answered for the first time, replayed, refused for another body, " +
			"or refused because the first one is in progress.",
		Labels: []Label{{Name: "outcome", Values: outcomes}},
	}
	limited = Definition{
		Name: "farebook_http_limited_requests_total", Kind: KindCounter, Processes: []Process{API},
		Help:   "Requests answered 429, by the limit that they reached (docs/limits.md).",
		Labels: []Label{{Name: "limit", Values: limits}},
	}
	webhooks = Definition{
		Name: "farebook_webhook_events_total", Kind: KindCounter, Processes: []Process{API},
		Help: "Webhooks of Stripe: stored, already stored and processed, or refused for their signature or form.",
		Labels: []Label{
			{Name: "outcome", Values: []string{"stored", "known", "refused"}},
		},
	}
	ofHTTP = []Definition{httpRequests, clientSecret, idempotency, limited, webhooks}
)

// HTTP counts what the API does. Its methods do nothing on nil.
type HTTP struct {
	requests, secrets          *histogram
	keys, limited, webhookSeen *counter
}

// HTTP registers the API's metrics. routes are those that the label route may have.
func (r *Registry) HTTP(routes []string) *HTTP {
	byRoute := httpRequests
	byRoute.Labels = []Label{{Name: "route", Values: routes}, httpRequests.Labels[1]}
	h := &HTTP{
		requests: byRoute.histogram(r.prometheus), secrets: clientSecret.histogram(r.prometheus), keys: idempotency.counter(r.prometheus),
		limited: limited.counter(r.prometheus), webhookSeen: webhooks.counter(r.prometheus),
	}
	h.keys.start()
	h.limited.start()
	h.webhookSeen.start()
	return h
}

// Answered counts a request.
func (h *HTTP) Answered(route string, status int, took time.Duration) {
	if h != nil {
		h.requests.observe(took.Seconds(), route, strconv.Itoa(status))
	}
}

// ClientSecret counts a booking that was answered with its client secret for the first time.
func (h *HTTP) ClientSecret(took time.Duration) {
	if h != nil {
		h.secrets.observe(took.Seconds())
	}
}

// Key counts a request with an Idempotency-Key: "first", "replayed", "conflict" or "in_progress".
func (h *HTTP) Key(outcome string) {
	if h != nil {
		h.keys.inc(outcome)
	}
}

// Limited counts a request that was answered 429.
func (h *HTTP) Limited(limit string) {
	if h != nil {
		h.limited.inc(limit)
	}
}

// Webhook counts a webhook: "stored", "known" or "refused".
func (h *HTTP) Webhook(outcome string) {
	if h != nil {
		h.webhookSeen.inc(outcome)
	}
}
