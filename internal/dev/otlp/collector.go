// Package otlp is a receiver of OTLP over HTTP or gRPC for tests: it keeps what a process exports, as bytes and decoded with
// OpenTelemetry's own types. It imports no other package of Farebook.
package otlp

import (
	"bytes"
	"compress/gzip"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	collectormetrics "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	collectortrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// Collector receives what processes export. Create it with Start or StartGRPC.
type Collector struct {
	// Endpoint is the value of OTEL_EXPORTER_OTLP_ENDPOINT.
	Endpoint string

	mu      sync.Mutex
	bodies  bytes.Buffer
	spans   []Span
	metrics map[string]bool
	headers http.Header // of all exports
}

// Span is a span as it was sent.
type Span struct {
	TraceID, SpanID, ParentID string
	Service, Scope, Name      string
	Kind                      tracepb.Span_SpanKind
	Start, End                time.Time
	Attributes                map[string]string
	Links                     []string // the traces that it links to
	Failed                    bool
}

// Start runs a collector on a free port until the test ends.
func Start(t testing.TB) *Collector {
	t.Helper()
	c := newCollector()
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	c.Endpoint = server.URL
	return c
}

func newCollector() *Collector { return &Collector{metrics: map[string]bool{}, headers: http.Header{}} }

// ServeHTTP receives one export.
func (c *Collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := read(r)
	if err == nil {
		err = c.keep(r.URL.Path, r.Header, body)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/x-protobuf") // the empty message: everything was taken
}

func read(r *http.Request) ([]byte, error) {
	if r.Header.Get("Content-Encoding") != "gzip" {
		return io.ReadAll(r.Body)
	}
	plain, err := gzip.NewReader(r.Body)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(plain)
}

func (c *Collector) keep(path string, headers http.Header, body []byte) error {
	if path == "/v1/metrics" {
		var sent collectormetrics.ExportMetricsServiceRequest
		if err := proto.Unmarshal(body, &sent); err != nil {
			return err
		}
		c.keepMetrics(headers, body, &sent)
		return nil
	}
	var sent collectortrace.ExportTraceServiceRequest
	if err := proto.Unmarshal(body, &sent); err != nil {
		return err
	}
	c.keepSpans(headers, body, &sent)
	return nil
}

func (c *Collector) keepMetrics(headers http.Header, body []byte, sent *collectormetrics.ExportMetricsServiceRequest) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keepRaw(headers, body)
	for _, resource := range sent.GetResourceMetrics() {
		for _, scope := range resource.GetScopeMetrics() {
			for _, metric := range scope.GetMetrics() {
				c.metrics[metric.GetName()] = true
			}
		}
	}
}

func (c *Collector) keepSpans(headers http.Header, body []byte, sent *collectortrace.ExportTraceServiceRequest) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keepRaw(headers, body)
	for _, resource := range sent.GetResourceSpans() {
		service := texts(resource.GetResource().GetAttributes())["service.name"]
		for _, scope := range resource.GetScopeSpans() {
			for _, span := range scope.GetSpans() {
				c.spans = append(c.spans, spanOf(service, scope.GetScope().GetName(), span))
			}
		}
	}
}

func (c *Collector) keepRaw(headers http.Header, body []byte) {
	c.bodies.Write(body)
	for name, values := range headers {
		for _, value := range values {
			if !slices.Contains(c.headers[name], value) {
				c.headers.Add(name, value)
			}
		}
	}
}

func spanOf(service, scope string, span *tracepb.Span) Span {
	s := Span{
		TraceID: hex.EncodeToString(span.GetTraceId()), SpanID: hex.EncodeToString(span.GetSpanId()),
		ParentID: hex.EncodeToString(span.GetParentSpanId()), Service: service, Scope: scope, Name: span.GetName(), Kind: span.GetKind(),
		Start: at(span.GetStartTimeUnixNano()), End: at(span.GetEndTimeUnixNano()),
		Attributes: texts(span.GetAttributes()), Failed: span.GetStatus().GetCode() == tracepb.Status_STATUS_CODE_ERROR,
	}
	for _, link := range span.GetLinks() {
		s.Links = append(s.Links, hex.EncodeToString(link.GetTraceId()))
	}
	return s
}

func at(nanoseconds uint64) time.Time {
	return time.Unix(0, int64(nanoseconds)) //nolint:gosec // a time until the year 2262
}

func texts(attributes []*commonpb.KeyValue) map[string]string {
	all := map[string]string{}
	for _, attribute := range attributes {
		all[attribute.GetKey()] = attribute.GetValue().GetStringValue()
	}
	return all
}

// Spans returns the spans that were received so far.
func (c *Collector) Spans() []Span {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]Span(nil), c.spans...)
}

// Trace returns the spans of one trace.
func (c *Collector) Trace(id string) (spans []Span) {
	for _, span := range c.Spans() {
		if span.TraceID == id {
			spans = append(spans, span)
		}
	}
	return spans
}

// Forget drops everything that was received so far, so that a long run keeps what it needs only.
func (c *Collector) Forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.spans = nil
	c.bodies.Reset()
}

// HasMetric reports whether a metric was received.
func (c *Collector) HasMetric(name string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.metrics[name]
}

// Headers returns the different values that exports had for a header, in the order in which they came.
func (c *Collector) Headers(name string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.headers.Values(name))
}

// Bytes returns everything that was received.
func (c *Collector) Bytes() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.bodies.String()
}
