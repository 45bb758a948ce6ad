// Package logging writes the log lines of every process in one format: JSON with timestamp, level, service, correlationId,
// message, within a trace traceId and spanId, and then the fields. It redacts secrets, mail addresses and card numbers in every string,
// whoever logs it: Farebook, the Temporal SDK or gorm. Redaction is our own: within free-form errors of other libraries it
// has to tell card numbers (by their check digit) from Farebook's ids, which slog libraries that redact by field, type or pattern do not.
// It imports notice and internal/correlation.
package logging

import (
	"context"
	"io"
	"log/slog"
	"strings"

	"go.opentelemetry.io/otel/trace"

	"farebook/internal/correlation"
)

// TimeFormat is RFC 3339 with milliseconds, in UTC.
const TimeFormat = "2006-01-02T15:04:05.000Z"

// Reconciliation is the service of every log line of a reconciliation, whichever process writes it. Worker is that of what a worker does,
// also inside the API's process.
const (
	Reconciliation = "reconciliation"
	Worker         = "worker"
)

const (
	serviceKey     = "service"
	correlationKey = "correlationId"
	messageKey     = "message"
	traceKey       = "traceId"
	spanKey        = "spanId"
)

type contextKey struct{}

// As names the part of a process that logs with this context ("inbox", "sweeper") instead of the process.
func As(ctx context.Context, service string) context.Context {
	return context.WithValue(ctx, contextKey{}, service)
}

// New returns a logger that writes to w for a service ("api", "worker"), unless As names another. level is debug, info, warn or
// error; anything else means info, because config has refused it already.
func New(w io.Writer, service, level string) *slog.Logger {
	json := slog.NewJSONHandler(w, &slog.HandlerOptions{Level: Level(level), ReplaceAttr: clean})
	return slog.New(&handler{json: json, service: service})
}

// For returns log for another service of the same process.
func For(log *slog.Logger, service string) *slog.Logger {
	ours, ok := log.Handler().(*handler)
	if !ok {
		return log
	}
	renamed := *ours
	renamed.service = service
	return slog.New(&renamed)
}

// Level parses the name of a level.
func Level(name string) slog.Level {
	var level slog.Level
	if err := level.UnmarshalText([]byte(name)); err != nil {
		return slog.LevelInfo
	}
	return level
}

// handler writes service, correlation id and message before the fields, whatever groups are open.
type handler struct {
	json    slog.Handler
	service string
	scopes  []scope
}

// scope is one call of WithGroup, or of WithAttrs if group is empty.
type scope struct {
	group string
	attrs []slog.Attr
}

func (h *handler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.json.Enabled(ctx, level)
}

func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	if len(attrs) == 0 {
		return h
	}
	return h.within(scope{attrs: attrs})
}

func (h *handler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	return h.within(scope{group: name})
}

func (h *handler) within(s scope) slog.Handler {
	scopes := make([]scope, 0, len(h.scopes)+1)
	return &handler{json: h.json, service: h.service, scopes: append(append(scopes, h.scopes...), s)}
}

func (h *handler) Handle(ctx context.Context, record slog.Record) error {
	fields := h.fields(record)
	id, service := correlation.From(ctx), h.speaks(ctx)
	rest := fields[:0:0]
	for _, field := range fields {
		switch field.Key {
		case correlationKey:
			id = field.Value.String() // a line about another request
		case serviceKey:
			service = field.Value.String() // the part of the process that logs, if it has no context
		case slog.TimeKey, slog.LevelKey, slog.MessageKey, "timestamp", messageKey:
			field.Key += "Field" // avoids a duplicate key in the line
			rest = append(rest, field)
		default:
			rest = append(rest, field)
		}
	}
	if correlation.IsRun(id) && (service == h.service || service == Worker) {
		service = Reconciliation
	}
	line := slog.NewRecord(record.Time, record.Level, "", record.PC)
	line.AddAttrs(slog.String(serviceKey, service), idField(id), slog.String(messageKey, record.Message))
	line.AddAttrs(traceFields(ctx)...)
	line.AddAttrs(rest...)
	return h.json.Handle(ctx, line)
}

// hexID is not redacted: its hexadecimal digits may pass for a card number.
type hexID string

func idField(id string) slog.Attr {
	if correlation.IsRun(id) {
		return slog.Any(correlationKey, hexID(id))
	}
	return slog.String(correlationKey, id)
}

// traceFields name the trace and the span of a context; there are none outside of a trace.
func traceFields(ctx context.Context) []slog.Attr {
	here := trace.SpanContextFromContext(ctx)
	if !here.IsValid() {
		return nil
	}
	return []slog.Attr{
		slog.Any(traceKey, hexID(here.TraceID().String())), slog.Any(spanKey, hexID(here.SpanID().String())),
	}
}

func (h *handler) speaks(ctx context.Context) string {
	if part, _ := ctx.Value(contextKey{}).(string); part != "" {
		return part
	}
	return h.service
}

// fields nests the record's fields into the open scopes, from the innermost out.
func (h *handler) fields(record slog.Record) []slog.Attr {
	fields := make([]slog.Attr, 0, record.NumAttrs())
	record.Attrs(func(attr slog.Attr) bool {
		fields = append(fields, attr)
		return true
	})
	for i := len(h.scopes) - 1; i >= 0; i-- {
		s := h.scopes[i]
		if s.group != "" {
			fields = []slog.Attr{{Key: s.group, Value: slog.GroupValue(fields...)}}
			continue
		}
		fields = append(append(make([]slog.Attr, 0, len(s.attrs)+len(fields)), s.attrs...), fields...)
	}
	return fields
}

// clean renames slog's standard fields and redacts every value.
func clean(groups []string, attr slog.Attr) slog.Attr {
	if len(groups) == 0 {
		switch attr.Key {
		case slog.TimeKey:
			return slog.String("timestamp", attr.Value.Time().UTC().Format(TimeFormat))
		case slog.MessageKey:
			return slog.Attr{} // handler writes it as "message"
		case slog.LevelKey:
			return slog.String(slog.LevelKey, strings.ToLower(attr.Value.String()))
		}
	}
	return slog.Attr{Key: Redact(attr.Key), Value: redactValue(attr.Value)}
}
