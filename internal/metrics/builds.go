package metrics

import (
	"context"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"
)

// The task queues, as values of a label: their names in Temporal can be configured.
const (
	queueBookings        = "bookings"
	queueReconciliations = "reconciliations"
	queueWebhooks        = "webhooks"
)

// unattended is exposed by the API, because it is there when every worker has died.
var unattended = Definition{
	Name: "farebook_builds_without_worker", Kind: KindGauge, Processes: []Process{API},
	Labels: []Label{{Name: "queue", Values: []string{queueBookings, queueReconciliations, queueWebhooks}}},
	Help: "Builds that get new workflows of the task queue and that no worker polls as; without Worker Versioning, 1 when no worker polls. " +
		"Temporal forgets a worker 90 s after its last poll. While Temporal does not answer, the last value stays.",
}

// Unattended counts, for the queues of bookings, of reconciliations and of webhooks, the builds that no worker polls as.
type Unattended func(ctx context.Context) (bookings, reconciliations, webhooks int, err error)

// counts are what Unattended returns.
type counts struct{ bookings, reconciliations, webhooks int }

// builds collects unattended.
type builds struct{ recent[counts] }

// Builds registers what Temporal knows about the builds of the worker. Every API process has the same values: take max, never sum.
func (r *Registry) Builds(read Unattended, log *slog.Logger) {
	b := &builds{}
	b.read = func(ctx context.Context) (c counts, err error) {
		c.bookings, c.reconciliations, c.webhooks, err = read(ctx)
		return c, err
	}
	b.failed = func(err error, again bool) {
		if !again {
			log.Warn("Temporal does not say which builds have workers; their metric keeps its last value", "error", err)
		}
	}
	r.prometheus.MustRegister(b)
}

func (b *builds) Describe(out chan<- *prometheus.Desc) { out <- unattended.desc() }

func (b *builds) Collect(out chan<- prometheus.Metric) {
	c, known, _ := b.get()
	if !known {
		return
	}
	to := sink{out: out}
	to.gauge(unattended, float64(c.bookings), queueBookings)
	to.gauge(unattended, float64(c.reconciliations), queueReconciliations)
	to.gauge(unattended, float64(c.webhooks), queueWebhooks)
}
