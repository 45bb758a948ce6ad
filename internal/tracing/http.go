package tracing

import (
	"net/http"
	"strings"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// Handler records a span for each request that traced accepts. It continues the trace of a caller who sends a traceparent. Route completes
// the span once the route is known.
func Handler(next http.Handler, traced func(*http.Request) bool) http.Handler {
	if !On() {
		return next
	}
	return otelhttp.NewHandler(next, "HTTP", otelhttp.WithPropagators(propagator{}), otelhttp.WithMeterProvider(noMetrics),
		otelhttp.WithFilter(traced),
		// A method can be any text, until a route was found for it.
		otelhttp.WithSpanNameFormatter(func(string, *http.Request) string { return "HTTP" }))
}

// Route names the span of a request after the route that it met: a pattern of ServeMux, with its method. Another path has no route, and
// may contain anything.
func Route(r *http.Request, pattern string) {
	if !On() || pattern == "" {
		return
	}
	span := trace.SpanFromContext(r.Context())
	span.SetName(pattern)
	_, path, found := strings.Cut(pattern, " ")
	if found {
		span.SetAttributes(attribute.String("http.route", path))
	}
}

// Transport records a span for each request below the span of its context, named by endpoint. It sends no header: the other side is a
// stranger, to whom Farebook's traces mean nothing.
func Transport(next http.RoundTripper, endpoint func(*http.Request) string) http.RoundTripper {
	if !On() {
		return next
	}
	none := propagation.NewCompositeTextMapPropagator()
	return otelhttp.NewTransport(next, otelhttp.WithPropagators(none), otelhttp.WithMeterProvider(noMetrics),
		otelhttp.WithFilter(func(r *http.Request) bool { return within(r.Context()) }),
		otelhttp.WithSpanNameFormatter(func(_ string, r *http.Request) string { return endpoint(r) }))
}
