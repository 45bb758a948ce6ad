package metrics

import "time"

var (
	webhooksDone = Definition{
		Name: "farebook_delivery_attempts_total", Kind: KindCounter, Processes: []Process{Worker},
		Help: "Attempts to deliver events to webhook endpoints: delivered, failed and to be retried, or given up, which disables the endpoint.",
		Labels: []Label{
			{Name: "outcome", Values: []string{"delivered", "failed", "given_up"}},
		},
	}
	webhookWait = Definition{
		Name: "farebook_delivery_wait_seconds", Kind: KindHistogram, Processes: []Process{Worker}, buckets: slowSeconds,
		Help: "Time from the row of an event to the answer of a receiver that took it.",
	}
	ofWebhooks = []Definition{webhooksDone, webhookWait}
)

// Webhooks counts deliveries to webhook endpoints. Its methods do nothing on nil.
type Webhooks struct {
	done *counter
	wait *histogram
}

// Webhooks registers the metrics of webhook endpoints.
func (r *Registry) Webhooks() *Webhooks {
	w := &Webhooks{done: webhooksDone.counter(r.prometheus), wait: webhookWait.histogram(r.prometheus)}
	w.done.start()
	return w
}

// Attempted counts an attempt, some time after the row of its event was written.
func (w *Webhooks) Attempted(taken, givenUp bool, wait time.Duration) {
	switch {
	case w == nil:
	case taken:
		w.done.inc("delivered")
		w.wait.observe(max(0, wait.Seconds()))
	case givenUp:
		w.done.inc("given_up")
	default:
		w.done.inc("failed")
	}
}
