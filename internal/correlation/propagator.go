package correlation

import (
	"context"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"
)

// headerKey is the workflow header that carries the id. Histories contain it, so it must never change.
const headerKey = "correlationId"

type propagator struct{}

// Propagator carries the id from the caller's context to the workflow and its activities. Worker and API both set it in their
// client options.
func Propagator() workflow.ContextPropagator { return propagator{} }

// FromWorkflow returns the id of a workflow's context, or "" if there is none.
func FromWorkflow(ctx workflow.Context) string {
	id, _ := ctx.Value(contextKey{}).(string)
	return id
}

// WithWorkflow returns a workflow context with the id, for the activities and children that it starts.
func WithWorkflow(ctx workflow.Context, id string) workflow.Context {
	if id == "" {
		return ctx
	}
	return workflow.WithValue(ctx, contextKey{}, id)
}

func (propagator) Inject(ctx context.Context, writer workflow.HeaderWriter) error {
	return write(From(ctx), writer)
}

func (propagator) InjectFromWorkflow(ctx workflow.Context, writer workflow.HeaderWriter) error {
	return write(FromWorkflow(ctx), writer)
}

func (propagator) Extract(ctx context.Context, reader workflow.HeaderReader) (context.Context, error) {
	return With(ctx, read(reader)), nil
}

func (propagator) ExtractToWorkflow(ctx workflow.Context, reader workflow.HeaderReader) (workflow.Context, error) {
	return WithWorkflow(ctx, read(reader)), nil
}

func write(id string, writer workflow.HeaderWriter) error {
	if id == "" {
		return nil
	}
	payload, err := converter.GetDefaultDataConverter().ToPayload(id)
	if err != nil {
		return err
	}
	writer.Set(headerKey, payload)
	return nil
}

// read ignores a header that it cannot decode: a missing id in log lines is no reason to fail a workflow.
func read(reader workflow.HeaderReader) string {
	payload, ok := reader.Get(headerKey)
	if !ok {
		return ""
	}
	var id string
	err := converter.GetDefaultDataConverter().FromPayload(payload, &id)
	if err != nil || !Valid(id) && !IsRun(id) {
		return ""
	}
	return id
}
