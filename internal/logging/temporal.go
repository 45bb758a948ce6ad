package logging

import (
	"context"
	"log/slog"

	sdklog "go.temporal.io/sdk/log"
)

// workflowKey is the field with which the Temporal SDK names the workflow of a line.
const workflowKey = "WorkflowID"

// Temporal adapts log to the Temporal SDK, which logs without a context. correlationOf returns the correlation id for a
// workflow id, or "" if there is none.
func Temporal(log *slog.Logger, correlationOf func(workflowID string) string) sdklog.Logger {
	return sdklog.NewStructuredLogger(slog.New(temporalHandler{next: log.Handler(), correlationOf: correlationOf}))
}

// temporalHandler adds the correlation id to lines that name a workflow. id comes from the fields given before.
type temporalHandler struct {
	next          slog.Handler
	correlationOf func(string) string
	id            string
}

func (h temporalHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.next.Enabled(ctx, level)
}

func (h temporalHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	for _, attr := range attrs {
		h.id = h.found(attr)
	}
	h.next = h.next.WithAttrs(attrs)
	return h
}

func (h temporalHandler) WithGroup(name string) slog.Handler {
	h.next = h.next.WithGroup(name)
	return h
}

func (h temporalHandler) Handle(ctx context.Context, record slog.Record) error {
	known := false
	record.Attrs(func(attr slog.Attr) bool {
		h.id = h.found(attr)
		known = known || attr.Key == correlationKey
		return true
	})
	if h.id != "" && !known {
		record = record.Clone()
		record.AddAttrs(slog.String(correlationKey, h.id))
	}
	return h.next.Handle(ctx, record)
}

func (h temporalHandler) found(attr slog.Attr) string {
	if attr.Key != workflowKey {
		return h.id
	}
	return h.correlationOf(attr.Value.String())
}
