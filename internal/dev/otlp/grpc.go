package otlp

import (
	"context"
	"net"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	collectormetrics "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	collectortrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/grpc"
	_ "google.golang.org/grpc/encoding/gzip" // for exporters that compress
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
)

// StartGRPC runs a collector that speaks gRPC on a free port until the test ends.
func StartGRPC(t testing.TB) *Collector {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	c := newCollector()
	c.Endpoint = "http://" + listener.Addr().String()
	server := grpc.NewServer()
	collectortrace.RegisterTraceServiceServer(server, traceService{collector: c})
	collectormetrics.RegisterMetricsServiceServer(server, metricsService{collector: c})
	go func() { _ = server.Serve(listener) }() // ends with Stop
	t.Cleanup(server.Stop)
	return c
}

type traceService struct {
	collectortrace.UnimplementedTraceServiceServer

	collector *Collector
}

func (s traceService) Export(ctx context.Context, sent *collectortrace.ExportTraceServiceRequest,
) (*collectortrace.ExportTraceServiceResponse, error) {
	body, err := proto.Marshal(sent)
	if err != nil {
		return nil, err
	}
	s.collector.keepSpans(headersOf(ctx), body, sent)
	return &collectortrace.ExportTraceServiceResponse{}, nil
}

type metricsService struct {
	collectormetrics.UnimplementedMetricsServiceServer

	collector *Collector
}

func (s metricsService) Export(ctx context.Context, sent *collectormetrics.ExportMetricsServiceRequest,
) (*collectormetrics.ExportMetricsServiceResponse, error) {
	body, err := proto.Marshal(sent)
	if err != nil {
		return nil, err
	}
	s.collector.keepMetrics(headersOf(ctx), body, sent)
	return &collectormetrics.ExportMetricsServiceResponse{}, nil
}

func headersOf(ctx context.Context) http.Header {
	headers := http.Header{}
	sent, _ := metadata.FromIncomingContext(ctx)
	for name, values := range sent {
		for _, value := range values {
			headers.Add(name, value)
		}
	}
	return headers
}
