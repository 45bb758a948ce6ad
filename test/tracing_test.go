package test

import (
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"farebook/internal/dev/otlp"
	"farebook/internal/dev/silent"
	"farebook/internal/dev/testkit"
	"farebook/internal/dev/wholefile"
)

// tracedStack runs API and worker as processes that export to an endpoint.
func tracedStack(t *testing.T, steps testkit.Steps, endpoint string, more ...string) *testkit.Stack {
	return testkit.New(t, testkit.Options{Processes: true, Admin: true, Steps: steps, Env: append([]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT=" + endpoint, "OTEL_BSP_SCHEDULE_DELAY=100", "OTEL_METRIC_EXPORT_INTERVAL=500",
	}, more...)})
}

// The trace and the span of a caller.
const (
	callersTrace = "4bf92f3577b34da6a3ce929d0e0e4736"
	callersSpan  = "00f067aa0ba902b7"
	traceparent  = "00-" + callersTrace + "-" + callersSpan + "-01"
)

// What a traveller waits for is one trace: from the client's request, whose trace it continues, through workflow, activities, Stripe,
// SQL and SMTP, and back in through Stripe's webhook.
func TestOneTraceFromTheRequestThroughTheMailAndTheWebhook(t *testing.T) {
	t.Parallel()
	collector := otlp.Start(t)
	s := tracedStack(t, testkit.InWorker, collector.Endpoint)
	s.API.Header = http.Header{
		"Traceparent": {traceparent}, "Tracestate": {"vendor=canary-state"}, "Baggage": {"user=canary-baggage"},
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
	spans := awaitTrace(s, collector, expected)
	require.Subset(t, servicesOf(spans), []string{"farebook-api", "farebook-worker"})
	requireNoBackground(t, collector)

	c := canariesOf(s, booked)
	c.require(t, "the exported bytes", collector.Bytes(), append(c.all(), "canary-state", "canary-baggage")...)
	requireTraceInLogs(t, s)
	s.Eventually(func() bool { return collector.HasMetric("go.goroutine.count") }, "no metrics of Go's runtime")
	require.Contains(t, goroutines(t, s), "otel/sdk/trace", "the check of the next test finds something here")
}

// Where the API's process runs the steps, the trace is one all the same: the workflow is started eagerly, its first task comes back in the
// answer to the start, and the span of its run has the start as its parent.
func TestOneTraceOfAnEagerStart(t *testing.T) {
	t.Parallel()
	collector := otlp.Start(t)
	s := tracedStack(t, testkit.InAPI, collector.Endpoint)
	awaitFirstStepsHere(s)
	s.API.Header = http.Header{"Traceparent": {traceparent}}
	booked := s.Book("eager", testkit.BookingBody(nil))
	s.API.Header = nil
	require.True(t, startedEagerly(s, booked.Reference))
	require.Equal(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"))
	s.AwaitStatus(booked.Reference, "confirmed")
	s.AwaitWorkflowEnd(booked.Reference) // the span of a run is sent when it ends
	s.RequireMails(booked.Reference, "booking_confirmed")
	spans := awaitTrace(s, collector, map[string]tracepb.Span_SpanKind{
		"POST /v1/bookings":                 tracepb.Span_SPAN_KIND_SERVER,
		"INSERT bookings":                   tracepb.Span_SPAN_KIND_CLIENT,
		"StartWorkflow:BookingPayment":      tracepb.Span_SPAN_KIND_CLIENT,
		"RunWorkflow:BookingPayment":        tracepb.Span_SPAN_KIND_SERVER,
		"StartActivity:CreatePaymentIntent": tracepb.Span_SPAN_KIND_CLIENT,
		"RunActivity:CreatePaymentIntent":   tracepb.Span_SPAN_KIND_SERVER,
		"POST /v1/payment_intents":          tracepb.Span_SPAN_KIND_CLIENT,
		"INSERT payments":                   tracepb.Span_SPAN_KIND_CLIENT,
		"POST /webhooks/stripe":             tracepb.Span_SPAN_KIND_SERVER,
		"SignalWorkflow:stripe-event":       tracepb.Span_SPAN_KIND_CLIENT,
		"HandleSignal:stripe-event":         tracepb.Span_SPAN_KIND_SERVER,
		"RunActivity:RecordPaymentOutcome":  tracepb.Span_SPAN_KIND_SERVER,
		"INSERT financial_ledger":           tracepb.Span_SPAN_KIND_CLIENT,
		"SMTP send":                         tracepb.Span_SPAN_KIND_CLIENT,
	})
	require.Equal(t, []string{"farebook-api"}, servicesOf(spans))
	requireAbove(t, spans, "POST /v1/payment_intents", "RunActivity:CreatePaymentIntent", "StartActivity:CreatePaymentIntent",
		"RunWorkflow:BookingPayment", "StartWorkflow:BookingPayment", "POST /v1/bookings")
	requireAbove(t, spans, "INSERT payments", "RunActivity:CreatePaymentIntent")
	requireNoBackground(t, collector)
}

// requireAbove requires the parents of the only span of a name, from the nearest on.
func requireAbove(t *testing.T, spans []otlp.Span, name string, parents ...string) {
	t.Helper()
	at := slices.IndexFunc(spans, func(s otlp.Span) bool { return s.Name == name })
	require.GreaterOrEqual(t, at, 0, name)
	for _, parent := range parents {
		at = slices.IndexFunc(spans, func(s otlp.Span) bool { return s.SpanID == spans[at].ParentID })
		require.GreaterOrEqual(t, at, 0, "above %s", name)
		require.Equal(t, parent, spans[at].Name, "above %s", name)
	}
}

// A refund is one trace as well, from its request to the email and back in through the webhook. It is exported over gRPC, with an API key
// in a file that changes meanwhile.
func TestOneTraceOfARefundOverGRPC(t *testing.T) {
	t.Parallel()
	collector := otlp.StartGRPC(t)
	headers := filepath.Join(t.TempDir(), "headers")
	require.NoError(t, os.WriteFile(headers, []byte("api-key=canary-first\n"), 0o600))
	s := tracedStack(t, testkit.Everywhere, collector.Endpoint, "OTEL_EXPORTER_OTLP_PROTOCOL=grpc", "OTEL_EXPORTER_OTLP_HEADERS_FILE="+headers)
	booked := s.BookAndPay("refunded", nil)
	s.Eventually(func() bool { return slices.Equal([]string{"canary-first"}, collector.Headers("api-key")) }, "no export has the key")
	require.NoError(t, wholefile.Replace(headers, "api-key=canary-second\n"))
	s.API.Header = http.Header{"Traceparent": {traceparent}}
	refund := ask(s, booked.Reference, "refund", usd(1000))
	s.API.Header = nil
	awaitRefund(s, refund.ID, "succeeded")
	s.AwaitRunEnd("Refund:" + refund.ID)
	s.RequireMails(booked.Reference, "booking_confirmed", "refunded")
	awaitTrace(s, collector, map[string]tracepb.Span_SpanKind{
		"POST /v1/bookings/{reference}/refunds": tracepb.Span_SPAN_KIND_SERVER,
		"INSERT refunds":                        tracepb.Span_SPAN_KIND_CLIENT,
		"RunWorkflow:Refund":                    tracepb.Span_SPAN_KIND_SERVER,
		"RunActivity:CreateRefund":              tracepb.Span_SPAN_KIND_SERVER,
		"POST /v1/refunds":                      tracepb.Span_SPAN_KIND_CLIENT,
		"POST /webhooks/stripe":                 tracepb.Span_SPAN_KIND_SERVER,
		"INSERT stripe_events":                  tracepb.Span_SPAN_KIND_CLIENT,
		"RunActivity:RecordRefund":              tracepb.Span_SPAN_KIND_SERVER,
		"INSERT financial_ledger":               tracepb.Span_SPAN_KIND_CLIENT,
		"RunActivity:SendEmail":                 tracepb.Span_SPAN_KIND_SERVER,
		"SMTP send":                             tracepb.Span_SPAN_KIND_CLIENT,
	})
	s.Eventually(func() bool { return collector.HasMetric("go.goroutine.count") }, "no metrics of Go's runtime")
	require.Equal(t, []string{"canary-first", "canary-second"}, collector.Headers("api-key"))
	require.NotContains(t, s.Logs.String(), "canary")
}

// awaitTrace waits until the caller's trace has the expected spans, and each of its spans leads to the caller's. Processes send them in any
// order.
func awaitTrace(s *testkit.Stack, collector *otlp.Collector, expected map[string]tracepb.Span_SpanKind) (spans []otlp.Span) {
	s.T.Helper()
	var wrong string
	s.Eventually(func() bool {
		spans = collector.Trace(callersTrace)
		wrong = strings.Join(append(missingOf(spans, expected), strays(spans)...), ", ")
		return wrong == ""
	}, "the trace has no %s; it has %v; logs:\n%s", texter(func() string { return wrong }), namesOf(&spans), s.Logs)
	return spans
}

// Bookings are paid while the collector hangs, and each process says once, for each signal, that nothing is sent.
func TestACollectorThatHangsDelaysNothing(t *testing.T) {
	t.Parallel()
	collector := silent.Start(t)
	// Steps in the worker alone: otherwise it may have nothing to send.
	s := tracedStack(t, testkit.InWorker, "http://"+collector.Address, "OTEL_EXPORTER_OTLP_TIMEOUT=300", "OTEL_BSP_EXPORT_TIMEOUT=300",
		"OTEL_METRIC_EXPORT_TIMEOUT=300")
	lines := func(service, signal string) int { return len(s.LogLines(service, signal+" are not sent")) }
	for n := range 3 {
		booked := s.BookAndPay("dropped-"+strconv.Itoa(n), nil)
		s.AwaitWorkflowEnd(booked.Reference)
		s.RequireMails(booked.Reference, "booking_confirmed")
	}
	before := collector.Taken()
	s.Eventually(func() bool { return collector.Taken() >= before+8 }, "exports are not attempted again; logs:\n%s", s.Logs)
	for _, service := range []string{"api", "worker"} {
		for _, signal := range []string{"traces", "metrics"} {
			s.Eventually(func() bool { return lines(service, signal) > 0 }, "no line about %s of %s; logs:\n%s", signal, service, s.Logs)
			require.Equal(t, 1, lines(service, signal), "%s of %s; logs:\n%s", signal, service, s.Logs)
		}
	}
	s.RequirePromises()
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

// strays describes the spans of the caller's trace that do not lead to the caller's span.
func strays(spans []otlp.Span) (all []string) {
	parents := map[string]string{}
	for _, span := range spans {
		parents[span.SpanID] = span.ParentID
	}
	for _, span := range spans {
		at := span.SpanID
		for steps := 0; at != callersSpan; steps++ {
			parent, known := parents[at]
			if !known || steps > len(spans) {
				all = append(all, "way from "+span.Name+" to the caller")
				break
			}
			at = parent
		}
	}
	return all
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
func requireTraceInLogs(t *testing.T, s *testkit.Stack) {
	t.Helper()
	for _, line := range []struct{ service, text string }{
		{"api", `"route":"POST /v1/bookings"`}, {"api", `"type":"payment_intent.succeeded"`}, {"worker", "email sent"},
	} {
		lines := s.LogLines(line.service, line.text)
		require.NotEmpty(t, lines, line.text)
		for _, text := range lines {
			var fields struct{ TraceID, SpanID string }
			require.NoError(t, json.Unmarshal([]byte(text), &fields))
			require.Equal(t, callersTrace, fields.TraceID, text)
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
	s.API.Header = http.Header{"Traceparent": {traceparent}}
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
