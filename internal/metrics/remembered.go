package metrics

import (
	"strings"
	"sync"

	"go.temporal.io/sdk/client"
)

// remembered is a handler of metrics that keeps what it has made. Temporal's SDK asks for tags and instruments anew whenever it counts, and
// OpenTelemetry sorts the tags and searches for the instrument each time, which costs more than counting. Tags that are no label are
// dropped before, so that what is kept is a closed set.
type remembered struct {
	made   client.MetricsHandler
	labels []string

	tagged   sync.Map // *remembered, by the values of the labels
	counters sync.Map // client.MetricsCounter, by name
	gauges   sync.Map // client.MetricsGauge, by name
	timers   sync.Map // client.MetricsTimer, by name
}

// longTags is the length of most tags of one call together.
const longTags = 160

// WithTags returns the handler for further tags.
func (r *remembered) WithTags(tags map[string]string) client.MetricsHandler {
	var key strings.Builder
	key.Grow(longTags)
	kept := 0
	for _, label := range r.labels {
		value, given := tags[label]
		if given {
			kept++
			key.WriteString(label)
			key.WriteByte('=')
			key.WriteString(value)
			key.WriteByte('\n')
		}
	}
	if kept == 0 {
		return r
	}
	if known, found := r.tagged.Load(key.String()); found {
		return known.(*remembered)
	}
	labels := map[string]string{}
	for _, label := range r.labels {
		if value, given := tags[label]; given {
			labels[label] = value
		}
	}
	known, _ := r.tagged.LoadOrStore(key.String(), &remembered{made: r.made.WithTags(labels), labels: r.labels})
	return known.(*remembered)
}

// Counter returns the counter of a name.
func (r *remembered) Counter(name string) client.MetricsCounter {
	return kept(&r.counters, name, r.made.Counter)
}

// Gauge returns the gauge of a name.
func (r *remembered) Gauge(name string) client.MetricsGauge {
	return kept(&r.gauges, name, r.made.Gauge)
}

// Timer returns the timer of a name.
func (r *remembered) Timer(name string) client.MetricsTimer {
	return kept(&r.timers, name, r.made.Timer)
}

func kept[T any](all *sync.Map, name string, create func(string) T) T {
	if known, found := all.Load(name); found {
		return known.(T)
	}
	known, _ := all.LoadOrStore(name, create(name))
	return known.(T)
}
