package metrics

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"farebook/reconciliation"
	"farebook/store"
	"farebook/store/gauges"
)

// The metrics of the books are read from the database, which has one state whichever process reads it. Only the API exposes them, because
// it is there when every worker has died; each API process exposes the same values, so queries take max and never sum.
var (
	booksRead = Definition{
		Name: "farebook_books_read_success", Kind: KindGauge, Processes: []Process{API},
		Help: "1 when the last reading of the books succeeded. After a failure the other farebook_books metrics keep their last values.",
	}
	booksOpen = openWork("bookings", "Bookings", "their creation", states(gauges.BookingStates...))
	refunds   = openWork("refunds", "Refunds that are not settled", "their request", states(gauges.RefundStates...))
	disputes  = openWork("disputes", "Disputes that are not decided", "their record", states(gauges.DisputeStates...))
	inbox     = openWork("inbox_events", "Stripe's events that are not processed", "their receipt", states(gauges.EventStates...))
	outbox    = openWork("outbox_emails", "Emails that are not sent", "their row", states(gauges.EmailStates...))
	attention = openWork("attention_items", "Matters that need an operator", "their opening",
		Label{Name: "kind", Values: texts(store.AttentionKinds...)})

	imbalance = Definition{
		Name: "farebook_books_ledger_imbalance_minor_units", Kind: KindGauge, Processes: []Process{API}, Labels: []Label{currencyLabel},
		Help: "Debits less credits of the ledger: all seals and what follows the last one. Anything but 0 is a break.",
	}
	clearing = Definition{
		Name: "farebook_books_clearing_difference_minor_units", Kind: KindGauge, Processes: []Process{API}, Labels: []Label{currencyLabel},
		Help: "Clearing account less Stripe's balance, what the last good reconciliation could not explain of it.",
	}
	findings = Definition{
		Name: "farebook_books_findings_open", Kind: KindGauge, Processes: []Process{API},
		Help:   "Findings of the last good reconciliation that are open.",
		Labels: []Label{{Name: "class", Values: texts(reconciliation.Classes...)}},
	}
	reconciled = Definition{
		Name: "farebook_books_reconciliation_age_seconds", Kind: KindGauge, Processes: []Process{API},
		Help: "Time since the last good reconciliation ended; no series before the first one.",
	}
	sealAge = Definition{
		Name: "farebook_books_seal_age_seconds", Kind: KindGauge, Processes: []Process{API},
		Help: "Time since the newest seal of the ledger; no series before the first one.",
	}
	unsealed = Definition{
		Name: "farebook_books_unsealed_age_seconds", Kind: KindGauge, Processes: []Process{API},
		Help: "Age of the oldest ledger transaction that is not sealed; 0 when all are.",
	}
	fenceUp = Definition{
		Name: "farebook_books_fence_up", Kind: KindGauge, Processes: []Process{API}, Help: "1 while a fence stops all money.",
	}
	undelivered = Definition{
		Name: "farebook_books_deliveries_oldest_age_seconds", Kind: KindGauge, Processes: []Process{API},
		Help: "Age of the oldest event that an enabled webhook endpoint has not taken; 0 without one.",
	}
	deliveriesDue = Definition{
		Name: "farebook_books_deliveries_overdue_seconds", Kind: KindGauge, Processes: []Process{API},
		Help: "Time since the first such event was to be tried; 0 while none is due. It grows while no worker delivers.",
	}
	ofBooks = []Definition{
		booksRead, booksOpen.count, booksOpen.age, refunds.count, refunds.age, disputes.count, disputes.age, inbox.count, inbox.age,
		outbox.count, outbox.age, attention.count, attention.age, imbalance, clearing, findings, reconciled, sealAge, unsealed, fenceUp,
		undelivered, deliveriesDue,
	}
)

func states[S ~string](values ...S) Label { return Label{Name: "state", Values: texts(values...)} }

// work is the pair of metrics of one kind of open work.
type work struct{ count, age Definition }

func openWork(name, what, since string, label Label) work {
	return work{
		count: Definition{
			Name: "farebook_books_" + name, Kind: KindGauge, Processes: []Process{API}, Labels: []Label{label},
			Help: what + ", counted up to " + gauges.CapText + ".",
		},
		age: Definition{
			Name: "farebook_books_" + name + "_oldest_age_seconds", Kind: KindGauge, Processes: []Process{API}, Labels: []Label{label},
			Help: "Time of the oldest of these since " + since + "; 0 if the count is 0.",
		},
	}
}

// books collects the metrics of the books.
type books struct {
	recent[gauges.Reading]

	now func() time.Time
}

// Books registers the metrics of the books. now is the clock by which rows are dated. expire ends the time for which the last reading is
// served.
func (r *Registry) Books(read func(context.Context) (gauges.Reading, error), now func() time.Time, log *slog.Logger) (expire func()) {
	b := &books{now: now}
	b.read = read
	b.failed = func(err error, _ bool) { log.Warn("the books could not be read for metrics", "error", err) }
	r.prometheus.MustRegister(b)
	return b.expire
}

func (b *books) Describe(out chan<- *prometheus.Desc) {
	for _, definition := range ofBooks {
		out <- definition.desc()
	}
}

func (b *books) Collect(out chan<- prometheus.Metric) {
	reading, known, success := b.get()
	to := sink{out: out, now: b.now()}
	to.gauge(booksRead, number(success))
	if !known {
		return
	}
	to.open(booksOpen, reading.Bookings)
	to.open(refunds, reading.Refunds)
	to.open(disputes, reading.Disputes)
	to.open(inbox, reading.Events)
	to.open(outbox, reading.Emails)
	to.open(attention, reading.Attention)
	gaugeEach(to, imbalance, reading.Imbalance)
	gaugeEach(to, clearing, reading.Clearing)
	gaugeEach(to, findings, reading.Findings)
	if !reading.LastReconciliation.IsZero() {
		to.gauge(reconciled, to.age(reading.LastReconciliation))
	}
	if !reading.LastSeal.IsZero() {
		to.gauge(sealAge, to.age(reading.LastSeal))
	}
	to.gauge(unsealed, to.age(reading.Unsealed))
	to.gauge(fenceUp, number(reading.FenceUp))
	to.gauge(undelivered, to.ageOr(reading.Deliveries.Oldest))
	to.gauge(deliveriesDue, to.ageOr(reading.Deliveries.Due))
}

// sink writes gauges of one scrape.
type sink struct {
	out chan<- prometheus.Metric
	now time.Time
}

func (s sink) gauge(d Definition, value float64, labels ...string) {
	s.out <- prometheus.MustNewConstMetric(d.desc(), prometheus.GaugeValue, value, d.bounded(labels)...)
}

// gaugeEach writes a gauge for each value of its one label. Values outside the closed set are added up as Other.
func gaugeEach[K ~string](s sink, d Definition, values map[K]int64) {
	sums := map[string]int64{}
	for value, n := range values {
		sums[d.Labels[0].bounded(string(value))] += n
	}
	for value, n := range sums {
		s.gauge(d, float64(n), value)
	}
}

func (s sink) open(w work, states []gauges.Open) {
	counts, ages := map[string]int64{}, map[string]float64{}
	for _, one := range states {
		state := w.count.Labels[0].bounded(one.State)
		counts[state] += one.Count
		ages[state] = max(ages[state], s.age(one.Oldest))
	}
	for state, count := range counts {
		s.gauge(w.count, float64(count), state)
		s.gauge(w.age, ages[state], state)
	}
}

// ageOr is age for what there may be none of, and 0 for what is in the future.
func (s sink) ageOr(since *time.Time) float64 {
	if since == nil {
		return 0
	}
	return max(0, s.age(*since))
}

// age grows between readings, because it is computed for each scrape.
func (s sink) age(since time.Time) float64 {
	if since.IsZero() {
		return 0
	}
	return max(0, s.now.Sub(since).Seconds())
}

func number(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
