package telemetry

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
)

// Attributes outside of the closed set are dropped, and secrets and addresses in the others are redacted.
func TestSpansLeaveWithoutWhatIsNotKept(t *testing.T) {
	t.Parallel()
	exported := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(cleaned{exported}))
	for scope, message := range map[string]bool{"farebook": true, "github.com/XSAM/otelsql": false} {
		exported.Reset()
		_, span := provider.Tracer(scope).Start(context.Background(), "to layla@example.com", trace.WithSpanKind(trace.SpanKindClient),
			trace.WithAttributes(attribute.String("user_agent.original", "canary"), attribute.String("url.full", "canary"),
				attribute.String("server.address", "mail.internal"), attribute.String("http.route", "pi_1_secret_canary")))
		span.RecordError(errors.New("Duplicate entry 'layla@example.com' for key 'email'"))
		span.SetStatus(codes.Error, "layla@example.com")
		span.End()
		spans := exported.GetSpans()
		require.Len(t, spans, 1)
		sent := spans[0]
		require.Equal(t, "to [redacted]", sent.Name)
		require.Equal(t, "[redacted]", sent.Status.Description)
		require.Equal(t, []attribute.KeyValue{
			attribute.String("server.address", "mail.internal"), attribute.String("http.route", "[redacted]"),
		}, sent.Attributes)
		require.Len(t, sent.Events, 1)
		texts := map[attribute.Key]string{}
		for _, a := range sent.Events[0].Attributes {
			texts[a.Key] = a.Value.AsString()
		}
		require.Equal(t, "*errors.errorString", texts["exception.type"])
		_, has := texts["exception.message"]
		require.Equal(t, message, has, "errors of MySQL quote values")
		require.NotContains(t, texts["exception.message"], "layla")
	}
}

// A server's address is what the caller wrote into the Host header.
func TestTheHostOfARequestIsNotSent(t *testing.T) {
	t.Parallel()
	exported := tracetest.NewInMemoryExporter()
	_, span := sdktrace.NewTracerProvider(sdktrace.WithSyncer(cleaned{exported})).Tracer("farebook").Start(context.Background(), "GET",
		trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(attribute.String("server.address", "canary")))
	span.End()
	require.Empty(t, exported.GetSpans()[0].Attributes)
}

func TestNothingIsSentWithoutAnEndpointOrAnExporter(t *testing.T) {
	t.Parallel()
	const collector = "http://collector:4318"
	for _, c := range []struct {
		name            string
		set             map[string]string
		traces, metrics bool
	}{
		{"nothing", nil, false, false},
		{"a name and a sampler", map[string]string{"OTEL_SERVICE_NAME": "farebook", "OTEL_TRACES_SAMPLER": "always_on"}, false, false},
		{"an endpoint", map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": collector}, true, true},
		{"an endpoint of traces", map[string]string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": collector}, true, false},
		{"an endpoint of metrics", map[string]string{"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": collector}, false, true},
		{"an exporter", map[string]string{"OTEL_TRACES_EXPORTER": "otlp"}, true, false},
		{"no metrics", map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": collector, "OTEL_METRICS_EXPORTER": "none"}, true, false},
		{"disabled", map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": collector, "OTEL_SDK_DISABLED": "true"}, false, false},
	} {
		s := Read(func(name string) string { return c.set[name] })
		require.Equal(t, c.traces, s.Traces.On, c.name)
		require.Equal(t, c.metrics, s.Metrics.On, c.name)
	}
}
