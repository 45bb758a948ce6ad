// Package metrics has what API and worker expose at /metrics of their admin address: their definitions, which docs/metrics.md lists,
// and the collectors. Each process has its own registry of prometheus/client_golang. Temporal's SDK and other libraries that speak
// OpenTelemetry write to the same registry through OpenTelemetry's exporter. It imports the vocabulary,
// store, store/gauges and internal/version.
package metrics

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"farebook/internal/version"
)

// Registry collects the metrics of one process.
type Registry struct {
	prometheus *prometheus.Registry
}

var buildInfo = Definition{
	Name: "farebook_build_info", Kind: KindGauge, Processes: both,
	Help: "Always 1; the labels say what the program was built from.",
	Labels: []Label{
		{Name: "version", Text: "the version of the build"},
		{Name: "revision", Text: "the commit of the build"},
		{Name: "goversion", Text: "the version of Go"},
	},
}

// NewRegistry returns a registry with the metrics of the Go runtime, of the process and of the build.
func NewRegistry() *Registry {
	r := &Registry{prometheus: prometheus.NewRegistry()}
	built, revision, compiler := version.Parts()
	info := prometheus.NewGaugeVec(prometheus.GaugeOpts(buildInfo.options()), buildInfo.labelNames())
	info.WithLabelValues(built, revision, compiler).Set(1) // one series: the build does not change
	r.prometheus.MustRegister(
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), info,
	)
	return r
}

// Handler answers a scrape. A collector that fails leaves its metrics out and does not hide the others.
func (r *Registry) Handler() http.Handler {
	return promhttp.HandlerFor(r.prometheus, promhttp.HandlerOpts{Registry: r.prometheus, ErrorHandling: promhttp.ContinueOnError})
}
