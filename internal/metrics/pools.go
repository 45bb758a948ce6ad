package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"farebook/store"
)

// pools are the pools of connections of one process.
var pools = Label{Name: "pool", Values: []string{"books", "proofs"}}

var (
	poolMax = Definition{
		Name: "farebook_database_connections_max", Kind: KindGauge, Processes: both, Labels: []Label{pools},
		Help: "Connections that the pool may open.",
	}
	poolUsed = Definition{
		Name: "farebook_database_connections", Kind: KindGauge, Processes: both, Help: "Open connections of the pool, in use or idle.",
		Labels: []Label{pools, {Name: "state", Values: []string{"in_use", "idle"}}},
	}
	poolWaits = Definition{
		Name: "farebook_database_waits_total", Kind: KindCounter, Processes: both, Labels: []Label{pools},
		Help: "Requests that waited for a connection of the pool.",
	}
	poolWaited = Definition{
		Name: "farebook_database_wait_seconds_total", Kind: KindCounter, Processes: both, Labels: []Label{pools},
		Help: "Time that requests waited for a connection of the pool.",
	}
	ofPools = []Definition{poolMax, poolUsed, poolWaits, poolWaited}
)

type poolCollector []func() store.Figures

// Pools registers the metrics of the process's pools.
func (r *Registry) Pools(pools ...func() store.Figures) {
	r.prometheus.MustRegister(poolCollector(pools))
}

func (poolCollector) Describe(out chan<- *prometheus.Desc) {
	for _, definition := range ofPools {
		out <- definition.desc()
	}
}

func (c poolCollector) Collect(out chan<- prometheus.Metric) {
	for _, read := range c {
		pool := read()
		name := pools.bounded(pool.Pool)
		metric := func(d Definition, kind prometheus.ValueType, value float64, labels ...string) {
			out <- prometheus.MustNewConstMetric(d.desc(), kind, value, append([]string{name}, labels...)...)
		}
		metric(poolMax, prometheus.GaugeValue, float64(pool.MaxOpenConnections))
		metric(poolUsed, prometheus.GaugeValue, float64(pool.InUse), "in_use")
		metric(poolUsed, prometheus.GaugeValue, float64(pool.Idle), "idle")
		metric(poolWaits, prometheus.CounterValue, float64(pool.WaitCount))
		metric(poolWaited, prometheus.CounterValue, pool.WaitDuration.Seconds())
	}
}
