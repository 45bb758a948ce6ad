// Package tracing records spans with OpenTelemetry: around requests of the API, workflows, activities, calls to Stripe, SQL and SMTP. It
// records nothing until a program turns it on with Use, which internal/telemetry does. Spans carry names of a closed set, and attributes
// without personal data; internal/telemetry drops everything else before it is sent. It imports no other package of Farebook.
package tracing

import (
	"context"
	"fmt"
	"sync/atomic"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/trace"
)

// scope names Farebook's own spans, beside those of the instrumented libraries.
const scope = "farebook"

var on atomic.Bool

// Use has this process record spans with provider, which becomes OpenTelemetry's global one. Call it before connections are opened and
// handlers are built, because they look at On once.
func Use(provider trace.TracerProvider) {
	otel.SetTracerProvider(provider)
	on.Store(true)
}

// On reports whether this process records spans.
func On() bool { return on.Load() }

// noMetrics keeps the instrumented libraries from measuring what /metrics has already.
var noMetrics = noop.NewMeterProvider()

// within reports whether ctx belongs to a trace. Work outside of one, such as a poll of the sweeper, is not worth a trace.
func within(ctx context.Context) bool { return trace.SpanContextFromContext(ctx).IsValid() }

// nothing ends a span that was not started.
func nothing(error) {}

// Start begins a span below the one of ctx. Outside of a trace it does nothing. The returned function ends it with the error of the work.
func Start(ctx context.Context, name string, kind trace.SpanKind, attributes ...attribute.KeyValue) (context.Context, func(error)) {
	if !On() || !within(ctx) {
		return ctx, nothing
	}
	return start(ctx, name, trace.WithSpanKind(kind), trace.WithAttributes(attributes...))
}

// Root begins a trace, for work that no request asks for: an operator's command.
func Root(ctx context.Context, name string) (context.Context, func(error)) {
	if !On() {
		return ctx, nothing
	}
	return start(ctx, name)
}

func start(ctx context.Context, name string, options ...trace.SpanStartOption) (context.Context, func(error)) {
	ctx, span := otel.Tracer(scope).Start(ctx, name, options...)
	return ctx, func(err error) {
		if err != nil {
			span.SetAttributes(attribute.String("error.type", fmt.Sprintf("%T", err)))
			span.RecordError(err)
			span.SetStatus(codes.Error, "")
		}
		span.End()
	}
}
