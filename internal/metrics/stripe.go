package metrics

import (
	"strconv"
	"time"
)

// endpoints are what Farebook calls at Stripe. A test of the whole finds calls of others by their label "other".
var endpoints = []string{
	"GET /v1/balance", "GET /v1/balance_transactions", "GET /v1/balance_transactions/{id}", "GET /v1/charges", "GET /v1/charges/{id}",
	"GET /v1/disputes", "GET /v1/disputes/{id}", "GET /v1/events", "GET /v1/payment_intents", "GET /v1/payment_intents/{id}",
	"GET /v1/payouts", "GET /v1/payouts/{id}", "GET /v1/refunds", "GET /v1/refunds/{id}", "POST /v1/disputes/{id}", "POST /v1/files",
	"POST /v1/payment_intents", "POST /v1/payment_intents/{id}/cancel", "POST /v1/payment_intents/{id}/capture", "POST /v1/refunds",
}

// NoAnswer is the status of a call that Stripe did not answer, or that a fence has stopped before it was sent.
const NoAnswer = "no_answer"

var stripeStatuses = []string{
	"200", "400", "401", "402", "403", "404", "409", "424", "429", "500", "502", "503", "504", NoAnswer,
}

var (
	stripeCalls = Definition{
		Name: "farebook_stripe_request_duration_seconds", Kind: KindHistogram, Processes: both, buckets: seconds,
		Help:   "Time that Stripe took to answer, by endpoint and HTTP status; `no_answer` for a lost connection or a time-out.",
		Labels: []Label{{Name: "endpoint", Values: endpoints}, {Name: "status", Values: stripeStatuses}},
	}
	stripeWaits = Definition{
		Name: "farebook_stripe_rate_limit_wait_seconds", Kind: KindHistogram, Processes: both, buckets: seconds,
		Help: "Time that a call to Stripe waited for its turn below Farebook's own limits, of the process or of a reconciliation.",
	}
	ofStripe = []Definition{stripeCalls, stripeWaits}
)

// Stripe counts calls to Stripe. It is a stripeapi.Observer.
type Stripe struct{ calls, waits *histogram }

// Stripe registers the metrics of calls to Stripe.
func (r *Registry) Stripe() *Stripe {
	return &Stripe{calls: stripeCalls.histogram(r.prometheus), waits: stripeWaits.histogram(r.prometheus)}
}

// Called counts a call; status is 0 without an answer.
func (s *Stripe) Called(endpoint string, status int, took time.Duration) {
	text := NoAnswer
	if status != 0 {
		text = strconv.Itoa(status)
	}
	s.calls.observe(took.Seconds(), endpoint, text)
}

// Waited counts the wait of a call for its turn.
func (s *Stripe) Waited(wait time.Duration) { s.waits.observe(wait.Seconds()) }
