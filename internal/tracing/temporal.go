package tracing

import (
	"context"

	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/contrib/opentelemetry"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
)

// Interceptors record spans for what a client asks of workflows, for their runs and their activities, local ones included. Workers that
// are made with the client have them, too. The trace travels in a header of Temporal, which adds no event to a history. nil while nothing
// is recorded.
func Interceptors() ([]interceptor.ClientInterceptor, error) {
	if !On() {
		return nil, nil
	}
	traced, err := newTracer()
	if err != nil {
		return nil, err
	}
	return []interceptor.ClientInterceptor{interceptor.NewTracingInterceptor(traced)}, nil
}

// tracer is that of Temporal's contrib package, with span ids that stay the same when a workflow is replayed: a worker that takes a
// workflow over runs its code again from the start, and the spans below have the first run as their parent.
type tracer struct {
	interceptor.Tracer

	options opentelemetry.TracerOptions
}

func newTracer() (interceptor.Tracer, error) {
	options := opentelemetry.TracerOptions{
		TextMapPropagator: propagator{}, DisableBaggage: true, DisableQueryTracing: true,
		// A header that cannot be read is no reason to fail a workflow.
		AllowInvalidParentSpans: true,
	}
	plain, err := opentelemetry.NewTracer(options)
	return tracer{plain, options}, err
}

// StartSpan starts the spans that a replay starts again under an id that derives from the run.
func (t tracer) StartSpan(in *interceptor.TracerStartSpanOptions) (interceptor.TracerSpan, error) {
	seed := replayed(in)
	if seed == "" {
		return t.Tracer.StartSpan(in)
	}
	options := t.options
	options.SpanStarter = func(ctx context.Context, by trace.Tracer, name string, opts ...trace.SpanStartOption) trace.Span {
		_, span := by.Start(context.WithValue(ctx, seedKey{}, seed), name, opts...)
		return span
	}
	seeded, err := opentelemetry.NewTracer(options)
	if err != nil {
		return nil, err
	}
	return seeded.StartSpan(in)
}

// replayed returns what identifies a span that a replay starts again; empty for all others. The IdempotencyKey of the SDK does not: it
// counts signals, which a replay leaves out.
func replayed(in *interceptor.TracerStartSpanOptions) string {
	run := in.Tags["temporalRunID"]
	switch in.Operation {
	case "RunWorkflow":
		return run
	case "HandleUpdate":
		return run + " " + in.Tags["temporalUpdateID"]
	default:
		return ""
	}
}

// GetLogger adds the ids to the log lines of workflows, under the names that all lines have.
func (tracer) GetLogger(logger log.Logger, of interceptor.TracerSpanRef) log.Logger {
	span, ok := of.(interface{ SpanContext() trace.SpanContext })
	if !ok {
		return logger
	}
	here := span.SpanContext()
	return log.With(logger, "traceId", here.TraceID().String(), "spanId", here.SpanID().String())
}
