package tracing

import (
	"context"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// header is the one header of W3C Trace Context that is read and written. tracestate and baggage are not: whoever sends a request can
// write anything into them, and they would end in workflow histories and at Stripe.
const header = "traceparent"

// propagator carries the ids of a trace and whether it is sampled.
type propagator struct{ w3c propagation.TraceContext }

func (p propagator) Inject(ctx context.Context, carrier propagation.TextMapCarrier) {
	here := trace.SpanContextFromContext(ctx).WithTraceState(trace.TraceState{})
	p.w3c.Inject(trace.ContextWithSpanContext(ctx, here), carrier)
}

func (p propagator) Extract(ctx context.Context, carrier propagation.TextMapCarrier) context.Context {
	return p.w3c.Extract(ctx, propagation.MapCarrier{header: carrier.Get(header)})
}

func (propagator) Fields() []string { return []string{header} }

// Parent returns the span of ctx as a traceparent (W3C Trace Context), to be kept with what the request makes: the events that Stripe
// sends about it later belong to the same trace. It is empty outside of a trace.
func Parent(ctx context.Context) string {
	if !On() || !within(ctx) {
		return ""
	}
	carrier := propagation.MapCarrier{}
	propagator{}.Inject(ctx, carrier)
	return carrier[header]
}

// remote parses a traceparent. What cannot be read is no parent.
func remote(parent string) trace.SpanContext {
	if parent == "" {
		return trace.SpanContext{}
	}
	ctx := propagator{}.Extract(context.Background(), propagation.MapCarrier{header: parent})
	return trace.SpanContextFromContext(ctx)
}

// Join begins a span in the trace of a kept parent, with a link to the span of ctx, which belongs to another trace. It does nothing where
// ctx belongs to the parent's trace already, and where no parent was kept. end must be called.
func Join(ctx context.Context, parent, name string) (joined context.Context, end func(error)) {
	if !On() {
		return ctx, nothing
	}
	there, here := remote(parent), trace.SpanContextFromContext(ctx)
	if !there.IsValid() || there.TraceID() == here.TraceID() {
		return ctx, nothing
	}
	options := []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindConsumer)}
	if here.IsValid() {
		options = append(options, trace.WithLinks(trace.Link{SpanContext: here}))
	}
	return start(trace.ContextWithRemoteSpanContext(ctx, there), name, options...)
}

// Receive begins the span of a request whose trace is known only once its body was read: Stripe sends no traceparent. parent may be empty;
// the request then begins a trace. began is when the request came.
func Receive(ctx context.Context, parent, route string, began time.Time) (context.Context, func(error)) {
	if !On() {
		return ctx, nothing
	}
	if there := remote(parent); there.IsValid() {
		ctx = trace.ContextWithRemoteSpanContext(ctx, there)
	}
	return start(ctx, http.MethodPost+" "+route, trace.WithSpanKind(trace.SpanKindServer), trace.WithTimestamp(began),
		trace.WithAttributes(attribute.String("http.request.method", http.MethodPost), attribute.String("http.route", route)))
}
