package metrics

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

const (
	// buildsFresh is how long an answer of Temporal is served again.
	buildsFresh = 5 * time.Second
	// buildsTimeout is below Prometheus' default scrape_timeout of 10 s.
	buildsTimeout = 4 * time.Second
)

// The task queues, as values of a label: their names in Temporal can be configured.
const (
	queueBookings        = "bookings"
	queueReconciliations = "reconciliations"
)

// unattended is exposed by the API, because it is there when every worker has died.
var unattended = Definition{
	Name: "farebook_builds_without_worker", Kind: KindGauge, Processes: []Process{API},
	Labels: []Label{{Name: "queue", Values: []string{queueBookings, queueReconciliations}}},
	Help: "Builds that get new workflows of the task queue and that no worker polls as; without Worker Versioning, 1 when no worker polls. " +
		"Temporal forgets a worker 90 s after its last poll. While Temporal does not answer, the last value stays.",
}

// Unattended counts, for the queue of bookings and for that of reconciliations, the builds that no worker polls as.
type Unattended func(ctx context.Context) (bookings, reconciliations int, err error)

// builds collects unattended.
type builds struct {
	read Unattended
	log  *slog.Logger

	mu                        sync.Mutex // one question at a time
	bookings, reconciliations int
	known                     bool
	failing                   bool // the last question failed, which was logged
	tried                     time.Time
}

// Builds registers what Temporal knows about the builds of the worker. Every API process has the same values: take max, never sum.
func (r *Registry) Builds(read Unattended, log *slog.Logger) {
	r.prometheus.MustRegister(&builds{read: read, log: log})
}

func (b *builds) Describe(out chan<- *prometheus.Desc) { out <- unattended.desc() }

func (b *builds) Collect(out chan<- prometheus.Metric) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.tried.IsZero() || time.Since(b.tried) > buildsFresh {
		b.refresh()
	}
	if !b.known {
		return
	}
	to := sink{out: out}
	to.gauge(unattended, float64(b.bookings), queueBookings)
	to.gauge(unattended, float64(b.reconciliations), queueReconciliations)
}

func (b *builds) refresh() {
	ctx, cancel := context.WithTimeout(context.Background(), buildsTimeout)
	defer cancel()
	bookings, reconciliations, err := b.read(ctx)
	b.tried = time.Now()
	if err != nil {
		if !b.failing {
			b.log.Warn("Temporal does not say which builds have workers; their metric keeps its last value", "error", err)
		}
		b.failing = true
		return
	}
	b.bookings, b.reconciliations, b.known, b.failing = bookings, reconciliations, true, false
}
