package telemetry

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"sync"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// exporter is what traces and metrics have in common.
type exporter interface {
	Shutdown(ctx context.Context) error
}

// dial makes an exporter that sends headers; nil leaves them to the environment.
type dial[E exporter] func(ctx context.Context, headers map[string]string) (E, error)

// link is the way of one signal to the collector. It makes its exporter again when the headers have changed: OpenTelemetry's exporters take
// them once. What cannot be sent is dropped, and logged when it begins and when it ends: a collector that is down for a day is one line.
type link[E exporter] struct {
	signal string // for the log
	read   func() string
	dial   dial[E]
	log    *slog.Logger

	mu      sync.Mutex
	current E
	headers map[string]string
	failing bool
}

// connect makes the first exporter, which does not wait for the collector. read may be nil.
func connect[E exporter](ctx context.Context, signal string, read func() string, log *slog.Logger, by dial[E]) (*link[E], error) {
	l := &link[E]{signal: signal, read: read, dial: by, log: log}
	var err error
	if read != nil {
		if l.headers, err = ParseHeaders(read()); err != nil {
			return nil, fmt.Errorf("OTEL_EXPORTER_OTLP_HEADERS %w", err)
		}
	}
	if l.current, err = by(ctx, l.headers); err != nil {
		return nil, fmt.Errorf("OTEL_EXPORTER_OTLP_...: %w", err)
	}
	return l, nil
}

// send exports with the headers of the moment. It never fails: the SDK would log each error.
func (l *link[E]) send(ctx context.Context, export func(to E) error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.renew(ctx)
	err := export(l.current)
	switch {
	case err != nil && !l.failing:
		l.log.Warn(l.signal+" are not sent and dropped; the next line about it says that they are sent again", "error", err)
	case err == nil && l.failing:
		l.log.Info(l.signal + " are sent again")
	}
	l.failing = err != nil
}

// renew makes the exporter again if the headers have changed. Where that fails, the last one stays in use.
func (l *link[E]) renew(ctx context.Context) {
	if l.read == nil {
		return
	}
	headers, err := ParseHeaders(l.read())
	if err != nil || maps.Equal(headers, l.headers) {
		return
	}
	next, err := l.dial(ctx, headers)
	if err != nil {
		return
	}
	_ = l.current.Shutdown(ctx) // it has nothing left to send
	l.current, l.headers = next, headers
}

// now returns the exporter in use.
func (l *link[E]) now() E {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.current
}

// Shutdown ends the exporter.
func (l *link[E]) Shutdown(ctx context.Context) error { return l.now().Shutdown(ctx) }

// spans sends traces.
type spans struct{ *link[sdktrace.SpanExporter] }

func (s spans) ExportSpans(ctx context.Context, all []sdktrace.ReadOnlySpan) error {
	s.send(ctx, func(to sdktrace.SpanExporter) error { return to.ExportSpans(ctx, all) })
	return nil
}

// figures sends metrics.
type figures struct{ *link[sdkmetric.Exporter] }

func (f figures) Export(ctx context.Context, all *metricdata.ResourceMetrics) error {
	f.send(ctx, func(to sdkmetric.Exporter) error { return to.Export(ctx, all) })
	return nil
}

func (f figures) Temporality(kind sdkmetric.InstrumentKind) metricdata.Temporality {
	return f.now().Temporality(kind)
}

func (f figures) Aggregation(kind sdkmetric.InstrumentKind) sdkmetric.Aggregation {
	return f.now().Aggregation(kind)
}

func (f figures) ForceFlush(ctx context.Context) error { return f.now().ForceFlush(ctx) }
