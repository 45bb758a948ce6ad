package metrics

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

// Kind is the type of a metric in Prometheus.
type Kind string

// The kinds.
const (
	KindCounter   Kind = "counter"
	KindGauge     Kind = "gauge"
	KindHistogram Kind = "histogram"
)

// Process is a program that exposes metrics.
type Process string

// The processes.
const (
	API    Process = "api"
	Worker Process = "worker"
)

// both is the Processes of a metric that API and worker expose. Each event is counted in the process in which it happens, so that
// sum over all processes is right.
var both = []Process{API, Worker}

// Other is the value of a label whose real value is not in its closed set. It keeps the number of series bounded whatever Stripe or a
// caller sends.
const Other = "other"

// Label is a label with its closed set of values. No label holds a reference, an id, an address or a secret.
type Label struct {
	Name   string
	Values []string
	// Text describes a set that is too long for a table, such as all currencies; empty lists Values.
	Text string
}

func (l Label) bounded(value string) string {
	if slices.Contains(l.Values, value) {
		return value
	}
	return Other
}

// Definition is a metric of Farebook's, as docs/metrics.md lists it.
type Definition struct {
	Name      string
	Kind      Kind
	Help      string
	Labels    []Label
	Processes []Process
	buckets   []float64 // of a histogram
}

func (d Definition) labelNames() []string {
	names := make([]string, len(d.Labels))
	for i, label := range d.Labels {
		names[i] = label.Name
	}
	return names
}

func (d Definition) bounded(values []string) []string {
	if len(values) != len(d.Labels) {
		panic(fmt.Sprintf("%s has %d labels, and was given %d values", d.Name, len(d.Labels), len(values)))
	}
	out := make([]string, len(values))
	for i, value := range values {
		out[i] = d.Labels[i].bounded(value)
	}
	return out
}

func (d Definition) options() prometheus.Opts { return prometheus.Opts{Name: d.Name, Help: d.Help} }

func (d Definition) desc() *prometheus.Desc {
	return prometheus.NewDesc(d.Name, d.Help, d.labelNames(), nil)
}

// counter is a counter whose labels are bounded.
type counter struct {
	definition Definition
	vector     *prometheus.CounterVec
}

func (d Definition) counter(registry prometheus.Registerer) *counter {
	vector := prometheus.NewCounterVec(prometheus.CounterOpts(d.options()), d.labelNames())
	registry.MustRegister(vector)
	return &counter{d, vector}
}

func (c *counter) inc(values ...string) { c.add(1, values...) }

func (c *counter) add(n float64, values ...string) {
	c.vector.WithLabelValues(c.definition.bounded(values)...).Add(n)
}

// start makes the series of every combination of values exist from the beginning, at zero: a rate over a series that appears with its
// first event misses that event.
func (c *counter) start() {
	for values := range combinations(c.definition.Labels) {
		c.vector.WithLabelValues(values...)
	}
}

// combinations yields every combination of the labels' values.
func combinations(labels []Label) func(yield func([]string) bool) {
	return func(yield func([]string) bool) {
		var each func(chosen []string) bool
		each = func(chosen []string) bool {
			if len(chosen) == len(labels) {
				return yield(slices.Clone(chosen))
			}
			for _, value := range labels[len(chosen)].Values {
				if !each(append(chosen, value)) {
					return false
				}
			}
			return true
		}
		each(nil)
	}
}

// histogram is a histogram whose labels are bounded.
type histogram struct {
	definition Definition
	vector     *prometheus.HistogramVec
}

func (d Definition) histogram(registry prometheus.Registerer) *histogram {
	vector := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: d.Name, Help: d.Help, Buckets: d.buckets}, d.labelNames())
	registry.MustRegister(vector)
	if len(d.Labels) == 0 {
		vector.WithLabelValues() // exists from the beginning
	}
	return &histogram{d, vector}
}

func (h *histogram) observe(seconds float64, values ...string) {
	h.vector.WithLabelValues(h.definition.bounded(values)...).Observe(seconds)
}

// texts converts values of a named string type.
func texts[S ~string](values ...S) []string {
	out := make([]string, len(values))
	for i, value := range values {
		out[i] = string(value)
	}
	return out
}

// keys are the sorted keys of a table of states.
func keys[S ~string, V any](table map[S]V) []string {
	return texts(slices.Sorted(maps.Keys(table))...)
}

// Describe writes the values of the label for a document.
func (l Label) Describe() string {
	if l.Text != "" {
		return l.Text
	}
	return "`" + strings.Join(l.Values, "`, `") + "`"
}
