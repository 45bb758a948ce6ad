package api

import (
	"errors"
	"iter"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"farebook/store"
)

// routes are the operations as ServeMux names them: "POST /v1/bookings". The pages of the documentation are counted as other.
func routes(spec *huma.OpenAPI) (all []string) {
	for operation := range operations(spec) {
		all = append(all, operation.Method+" "+operation.Path)
	}
	return all
}

// operations are those of all paths.
func operations(spec *huma.OpenAPI) iter.Seq[*huma.Operation] {
	return func(yield func(*huma.Operation) bool) {
		for _, path := range spec.Paths {
			for _, operation := range []*huma.Operation{path.Get, path.Post, path.Put, path.Patch, path.Delete} {
				if operation != nil && !yield(operation) {
					return
				}
			}
		}
	}
}

// stopwatch measures a duration by the machine's clock.
func stopwatch() (took func() time.Duration) {
	began := time.Now()
	return func() time.Duration { return time.Since(began) }
}

// countKey counts a request with an Idempotency-Key by what came of it. Requests without one, and those that failed and may be repeated,
// are not counted.
func (a *api) countKey(key store.IdempotencyKey, claim store.Claim, err error) {
	var conflict *store.IdempotencyConflictError
	switch {
	case key.Key == "":
	case errors.As(err, &conflict):
		a.counts.Key("conflict")
	case errors.Is(err, errInProgress):
		a.counts.Key("in_progress")
	case err == nil && claim.Replayed:
		a.counts.Key("replayed")
	case err == nil:
		a.counts.Key("first")
	}
}
