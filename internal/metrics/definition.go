package metrics

import (
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

// Label is a label with its closed set of values. No label holds a reference, an id, an address or a secret.
type Label struct {
	Name   string
	Values []string
	// Text describes a set that is too long for a table, such as all currencies; empty lists Values.
	Text string
}

// Definition is a metric of Farebook's, as docs/metrics.md lists it.
type Definition struct {
	Name      string
	Kind      Kind
	Help      string
	Labels    []Label
	Processes []Process
}

func (d Definition) labelNames() []string {
	names := make([]string, len(d.Labels))
	for i, label := range d.Labels {
		names[i] = label.Name
	}
	return names
}

func (d Definition) options() prometheus.Opts { return prometheus.Opts{Name: d.Name, Help: d.Help} }

// Describe writes the values of the label for a document.
func (l Label) Describe() string {
	if l.Text != "" {
		return l.Text
	}
	return "`" + strings.Join(l.Values, "`, `") + "`"
}
