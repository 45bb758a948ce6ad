package telemetry

import (
	"context"
	"slices"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"farebook/internal/logging"
)

// kept are the attributes of spans that are sent. All others are dropped: a caller's path, address and program, the query of a URL, and
// what a later version of an instrumented library adds.
var kept = map[attribute.Key]bool{
	"http.request.method": true, "http.route": true, "http.response.status_code": true, "http.request.body.size": true,
	"http.response.body.size": true, "error.type": true,
	"db.system.name": true, "db.query.text": true,
	"temporalWorkflowID": true, "temporalRunID": true, "temporalActivityID": true, "temporalUpdateID": true,
	"exception.type": true, "exception.message": true,
}

// keptOfClients are kept in addition where Farebook is the client: they name Stripe or the mail server.
var keptOfClients = map[attribute.Key]bool{"server.address": true, "server.port": true}

// errorsWithValues are the libraries whose errors quote values: MySQL repeats what it refuses.
var errorsWithValues = map[string]bool{"github.com/XSAM/otelsql": true}

// cleaned passes on spans without what must not leave the process.
type cleaned struct{ sdktrace.SpanExporter }

// ExportSpans cleans and sends spans.
func (c cleaned) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	sent := make([]sdktrace.ReadOnlySpan, len(spans))
	for i, span := range spans {
		sent[i] = clean(span)
	}
	return c.SpanExporter.ExportSpans(ctx, sent)
}

// cleanSpan is a span with other texts.
type cleanSpan struct {
	sdktrace.ReadOnlySpan

	name       string
	attributes []attribute.KeyValue
	events     []sdktrace.Event
	links      []sdktrace.Link
	status     sdktrace.Status
}

func (s cleanSpan) Name() string                     { return s.name }
func (s cleanSpan) Attributes() []attribute.KeyValue { return s.attributes }
func (s cleanSpan) Events() []sdktrace.Event         { return s.events }
func (s cleanSpan) Links() []sdktrace.Link           { return s.links }
func (s cleanSpan) Status() sdktrace.Status          { return s.status }

func clean(span sdktrace.ReadOnlySpan) sdktrace.ReadOnlySpan {
	keep := func(key attribute.Key) bool {
		switch {
		case key == "exception.message" && errorsWithValues[span.InstrumentationScope().Name]:
			return false
		case span.SpanKind() == trace.SpanKindClient && keptOfClients[key]:
			return true
		}
		return kept[key]
	}
	status := span.Status()
	status.Description = logging.Redact(status.Description)
	events := slices.Clone(span.Events())
	for i := range events {
		events[i].Name, events[i].Attributes = logging.Redact(events[i].Name), cleanAttributes(events[i].Attributes, keep)
	}
	links := slices.Clone(span.Links())
	for i := range links {
		links[i].Attributes = cleanAttributes(links[i].Attributes, keep)
	}
	return cleanSpan{
		ReadOnlySpan: span, name: logging.Redact(span.Name()), attributes: cleanAttributes(span.Attributes(), keep), events: events,
		links: links, status: status,
	}
}

func cleanAttributes(attributes []attribute.KeyValue, keep func(attribute.Key) bool) []attribute.KeyValue {
	var clean []attribute.KeyValue
	for _, a := range attributes {
		if !keep(a.Key) {
			continue
		}
		if a.Value.Type() == attribute.STRING {
			a.Value = attribute.StringValue(logging.Redact(a.Value.AsString()))
		}
		clean = append(clean, a)
	}
	return clean
}
