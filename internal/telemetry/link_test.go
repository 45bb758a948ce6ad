package telemetry

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"farebook/internal/dev/otlp"
	"farebook/internal/dev/silent"
)

func TestHeadersAreReadAsOpenTelemetryReadsThem(t *testing.T) {
	t.Parallel()
	headers, err := ParseHeaders(" api-key = canary%2C1 ,authorization=Bearer%20two==")
	require.NoError(t, err)
	require.Equal(t, map[string]string{"api-key": "canary,1", "authorization": "Bearer two=="}, headers)
	for _, text := range []string{"", "canary", "=canary", "a key=canary", "api-key=%zz-canary", "api-key=canary%0a1", "api-key=1,"} {
		_, err := ParseHeaders(text)
		require.ErrorContains(t, err, "write NAME=value", text)
		require.NotContains(t, err.Error(), "canary")
	}
}

// overLink returns a provider that exports each span at its end, over a link with the headers that read returns.
func overLink(t *testing.T, read func() string, log *slog.Logger, by dial[sdktrace.SpanExporter]) trace.Tracer {
	t.Helper()
	made, err := connect(t.Context(), "traces", read, log, by)
	require.NoError(t, err)
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans{made}))
	t.Cleanup(func() { require.NoError(t, provider.Shutdown(context.WithoutCancel(t.Context()))) })
	return provider.Tracer("test")
}

func span(t *testing.T, by trace.Tracer) {
	t.Helper()
	_, one := by.Start(t.Context(), "a span")
	one.End()
}

// Each export has the headers of the moment, over either protocol. A text that cannot be used leaves the last ones.
func TestHeadersFollowTheirFile(t *testing.T) {
	t.Parallel()
	for protocol, start := range map[string]func(testing.TB) *otlp.Collector{ProtocolHTTP: otlp.Start, ProtocolGRPC: otlp.StartGRPC} {
		collector := start(t)
		var text atomic.Value
		text.Store("api-key=first")
		tracer := overLink(t, func() string { return text.Load().(string) }, slog.New(slog.DiscardHandler),
			func(ctx context.Context, headers map[string]string) (sdktrace.SpanExporter, error) {
				if protocol == ProtocolGRPC {
					return otlptracegrpc.New(ctx, otlptracegrpc.WithEndpointURL(collector.Endpoint), otlptracegrpc.WithHeaders(headers))
				}
				return otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(collector.Endpoint), otlptracehttp.WithHeaders(headers))
			})
		for n, next := range []string{"api-key=first", "api-key=second", "unusable", "api-key=third"} {
			text.Store(next)
			span(t, tracer)
			require.Len(t, collector.Spans(), n+1, protocol)
		}
		require.Equal(t, []string{"first", "second", "third"}, collector.Headers("api-key"), protocol)
	}
}

// A collector that refuses for a day is one line, and one more when it takes spans again.
func TestARefusalIsLoggedOnce(t *testing.T) {
	t.Parallel()
	var refuses atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if refuses.Load() {
			http.Error(w, "no such key", http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Type", "application/x-protobuf")
	}))
	t.Cleanup(server.Close)
	var logged bytes.Buffer
	tracer := overLink(t, nil, slog.New(slog.NewTextHandler(&logged, nil)),
		func(ctx context.Context, _ map[string]string) (sdktrace.SpanExporter, error) {
			return otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(server.URL))
		})
	for _, refused := range []bool{false, true, true, true, false, true} {
		refuses.Store(refused)
		span(t, tracer)
	}
	require.Equal(t, 2, strings.Count(logged.String(), "traces are not sent"), "%s", &logged)
	require.Equal(t, 1, strings.Count(logged.String(), "traces are sent again"), "%s", &logged)
}

// Spans for a collector that hangs are dropped once the queue is full: neither memory nor the callers pay for them. If callers waited, each
// full queue would take an export, of ten seconds.
func TestACollectorThatHangsCostsNoMemory(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://"+silent.Start(t).Address)
	before := otel.GetTracerProvider()
	t.Cleanup(func() { otel.SetTracerProvider(before) })
	end, err := startTraces(t.Context(), Settings{Traces: SignalSettings{On: true, Protocol: ProtocolHTTP}}, resource.Empty(),
		slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	record := func(spans int) {
		for range spans {
			text := attribute.String("db.query.text", strings.Repeat("x", 500))
			_, one := otel.Tracer("test").Start(t.Context(), "a span", trace.WithAttributes(text))
			one.End()
		}
	}
	record(10_000) // fills the queue
	full := heap()
	record(100_000)
	require.Less(t, heap(), full+(10<<20), "100,000 spans of 500 bytes and more are kept")
	hurry, cancel := context.WithCancel(t.Context())
	cancel()
	require.Error(t, end(hurry), "the collector took nothing")
}

// heap is what is in use, in bytes.
func heap() uint64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}
