package tracing

import (
	"context"
	"crypto/sha256"
	"math/rand/v2"

	"go.opentelemetry.io/otel/trace"
)

type seedKey struct{}

// IDs draws ids of traces and spans: at random, or derived from the seed of ctx.
type IDs struct{}

// NewIDs returns ids for the first span of a trace.
func (i IDs) NewIDs(ctx context.Context) (id trace.TraceID, span trace.SpanID) {
	for !id.IsValid() {
		fill(ctx, "trace", id[:])
	}
	return id, i.NewSpanID(ctx, id)
}

// NewSpanID returns an id for a further span of a trace.
func (IDs) NewSpanID(ctx context.Context, _ trace.TraceID) (id trace.SpanID) {
	for !id.IsValid() {
		fill(ctx, "span", id[:])
	}
	return id
}

func fill(ctx context.Context, purpose string, id []byte) {
	if seed, _ := ctx.Value(seedKey{}).(string); seed != "" {
		sum := sha256.Sum256([]byte(purpose + " " + seed))
		copy(id, sum[:])
		return
	}
	for at := range id {
		id[at] = byte(rand.Uint32()) // ids are no secrets
	}
}
