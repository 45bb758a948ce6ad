package test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"farebook/internal/dev/otlp"
	"farebook/internal/dev/testkit"
)

// tracedStack runs API and worker as processes that export to a collector.
func tracedStack(t *testing.T, more ...string) (*testkit.Stack, *otlp.Collector) {
	collector := otlp.Start(t)
	return testkit.New(t, testkit.Options{Processes: true, Admin: true, Env: append([]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT=" + collector.Endpoint, "OTEL_BSP_SCHEDULE_DELAY=100",
		"OTEL_METRIC_EXPORT_INTERVAL=500",
	}, more...)}), collector
}

// What a traveller waits for is one trace: from the client's request, whose trace it continues, through workflow, activities, Stripe,
// SQL and SMTP, and back in through Stripe's webhook.
func TestOneTraceFromTheRequestThroughTheMailAndTheWebhook(t *testing.T) {
	t.Parallel()
	s, collector := tracedStack(t)
	const trace, caller = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
	s.API.Header = http.Header{
		"Traceparent": {"00-" + trace + "-" + caller + "-01"}, "Tracestate": {"vendor=canary-state"}, "Baggage": {"user=canary-baggage"},
		"User-Agent": {"layla@canary-mail.example"},
	}
	booked := s.Book("canary-key", testkit.BookingBody(nil))
	s.API.Header = nil
	payTyping(s, booked.Payment.PaymentIntentID)
	s.AwaitStatus(booked.Reference, "confirmed")
	s.AwaitWorkflowEnd(booked.Reference)
	s.RequireMails(booked.Reference, "booking_confirmed")

	expected := map[string]tracepb.Span_SpanKind{
		"POST /v1/bookings":                      tracepb.Span_SPAN_KIND_SERVER,
		"INSERT bookings":                        tracepb.Span_SPAN_KIND_CLIENT,
		"COMMIT":                                 tracepb.Span_SPAN_KIND_CLIENT,
		"UpdateWithStartWorkflow:payment-intent": tracepb.Span_SPAN_KIND_CLIENT,
		"RunWorkflow:BookingPayment":             tracepb.Span_SPAN_KIND_SERVER,
		"HandleUpdate:payment-intent":            tracepb.Span_SPAN_KIND_SERVER,
		"StartActivity:CreatePaymentIntent":      tracepb.Span_SPAN_KIND_CLIENT,
		"RunActivity:CreatePaymentIntent":        tracepb.Span_SPAN_KIND_SERVER,
		"POST /v1/payment_intents":               tracepb.Span_SPAN_KIND_CLIENT,
		"POST /webhooks/stripe":                  tracepb.Span_SPAN_KIND_SERVER,
		"INSERT stripe_events":                   tracepb.Span_SPAN_KIND_CLIENT,
		"SignalWorkflow:stripe-event":            tracepb.Span_SPAN_KIND_CLIENT,
		"HandleSignal:stripe-event":              tracepb.Span_SPAN_KIND_SERVER,
		"RunActivity:RecordPaymentOutcome":       tracepb.Span_SPAN_KIND_SERVER,
		"GET /v1/payment_intents/{id}":           tracepb.Span_SPAN_KIND_CLIENT,
		"INSERT financial_ledger":                tracepb.Span_SPAN_KIND_CLIENT,
		"RunActivity:SendEmail":                  tracepb.Span_SPAN_KIND_SERVER,
		"SMTP send":                              tracepb.Span_SPAN_KIND_CLIENT,
	}
	var spans []otlp.Span
	var outside string
	s.Eventually(func() bool { // a span is sent when it has ended, and so before the one above it
		spans = collector.Trace(trace)
		outside = outsideOf(spans, caller)
		return missingOf(spans, expected) == nil && outside == ""
	}, "the trace has %v, %s; logs:\n%s", namesOf(&spans), texter(func() string { return outside }), s.Logs)
	require.Subset(t, servicesOf(spans), []string{"farebook-api", "farebook-worker"})
	requireNoBackground(t, collector)

	c := canariesOf(s, booked)
	c.require(t, "the exported bytes", collector.Bytes(), append(c.all(), "canary-state", "canary-baggage")...)
	requireTraceInLogs(t, s, trace)
	s.Eventually(func() bool { return collector.HasMetric("go.goroutine.count") }, "no metrics of Go's runtime")
	require.Contains(t, goroutines(t, s), "otel/sdk/trace", "the check of the next test finds something here")
}

// missingOf lists the expected spans that are missing.
func missingOf(spans []otlp.Span, expected map[string]tracepb.Span_SpanKind) (missing []string) {
	for name, kind := range expected {
		if !slices.ContainsFunc(spans, func(s otlp.Span) bool { return s.Name == name && s.Kind == kind }) {
			missing = append(missing, name)
		}
	}
	return missing
}

// namesOf prints the names of spans when a test has failed.
func namesOf(spans *[]otlp.Span) texter {
	return func() string {
		names := map[string]bool{}
		for _, span := range *spans {
			names[span.Name] = true
		}
		return strings.Join(slices.Sorted(maps.Keys(names)), ", ")
	}
}

func servicesOf(spans []otlp.Span) []string {
	services := map[string]bool{}
	for _, span := range spans {
		services[span.Service] = true
	}
	return slices.Sorted(maps.Keys(services))
}

// outsideOf says which span does not lead to the span of the caller; empty when all do.
func outsideOf(spans []otlp.Span, caller string) string {
	parents := map[string]string{}
	for _, span := range spans {
		parents[span.SpanID] = span.ParentID
	}
	for _, span := range spans {
		at := span.SpanID
		for steps := 0; at != caller; steps++ {
			parent, known := parents[at]
			if !known {
				return fmt.Sprintf("and the parent %s of %q was not sent", at, span.Name)
			}
			if steps == len(spans) {
				return fmt.Sprintf("and %q is below itself", span.Name)
			}
			at = parent
		}
	}
	return ""
}

// requireNoBackground requires that nothing but requests, webhooks and workflows begins a trace: no poll of the sweeper.
func requireNoBackground(t *testing.T, collector *otlp.Collector) {
	t.Helper()
	for _, span := range collector.Spans() {
		if span.ParentID == "" {
			require.Regexp(t, `^(GET|POST) /(v1|webhooks)/|^RunWorkflow:`, span.Name)
		}
	}
}

// requireTraceInLogs requires that the log lines of API, inbox and worker about a booking name its trace.
func requireTraceInLogs(t *testing.T, s *testkit.Stack, trace string) {
	t.Helper()
	for _, line := range []struct{ service, text string }{
		{"api", `"route":"POST /v1/bookings"`}, {"api", `"type":"payment_intent.succeeded"`}, {"worker", "email sent"},
	} {
		lines := s.LogLines(line.service, line.text)
		require.NotEmpty(t, lines, line.text)
		for _, text := range lines {
			var fields struct{ TraceID, SpanID string }
			require.NoError(t, json.Unmarshal([]byte(text), &fields))
			require.Equal(t, trace, fields.TraceID, text)
			require.Len(t, fields.SpanID, 16)
		}
	}
}

// goroutines are those of API and worker.
func goroutines(t *testing.T, s *testkit.Stack) string {
	t.Helper()
	var all strings.Builder
	for _, address := range []string{s.AdminOfAPI, s.AdminOfWorker} {
		status, text := getText(t, "http://"+address+"/debug/pprof/goroutine?debug=2")
		require.Equal(t, http.StatusOK, status, text)
		all.WriteString(text)
	}
	return all.String()
}

// Without a variable of OpenTelemetry nothing runs that could send, no header is added to a history, and log lines name no trace.
func TestNothingIsTracedUnlessAnEndpointIsSet(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{Processes: true, Admin: true, Env: []string{"OTEL_SERVICE_NAME=farebook"}})
	s.API.Header = http.Header{"Traceparent": {"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}}
	booked := s.BookAndPay("untraced", nil)
	s.AwaitWorkflowEnd(booked.Reference)
	running := goroutines(t, s)
	require.NotContains(t, running, "otel/sdk/trace")
	require.NotContains(t, running, "otlp")
	require.NotContains(t, s.Logs.String(), "traceId")
	for id, history := range s.EveryHistory() {
		require.NotContains(t, history, "_tracer-data", id)
	}
	require.Zero(t, s.DB.Count(t, "SELECT COUNT(*) FROM bookings WHERE trace_parent IS NOT NULL"))
}
