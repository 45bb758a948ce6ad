// Package correlation carries the id that follows a request from the API through workflow, Stripe and email: in Go contexts,
// and in workflow headers by a context propagator. An OpenTelemetry propagator is not used, because clients choose this id
// themselves and tracing samples. It imports no other package of Farebook.
package correlation

import (
	"context"
	"regexp"

	"github.com/google/uuid"
)

// Header is the HTTP and mail header that carries the id.
const Header = "X-Correlation-ID"

type contextKey struct{}

// shape is what a caller may choose. The id appears in logs, histories, Stripe's metadata and mail headers, so it cannot be an
// address, a secret (their prefixes have underscores), or anything that breaks a header.
var (
	shape  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.-]{6,62}[A-Za-z0-9]$`)
	letter = regexp.MustCompile(`[A-Za-z]`)
	// run is the id of a reconciliation: random, or made by a schedule, which appends the time at which the run was due.
	run = regexp.MustCompile(`^recon_[A-Za-z0-9][A-Za-z0-9.:-]{0,119}$`)
)

// New returns a random UUID.
func New() string { return uuid.NewString() }

// Valid reports whether an id from outside may be used: 8 to 64 letters, digits, dots and dashes, including a letter (a card
// number has none).
func Valid(id string) bool { return shape.MatchString(id) && letter.MatchString(id) }

// IsRun reports whether an id belongs to a reconciliation. Valid refuses it, so that callers cannot choose one.
func IsRun(id string) bool { return run.MatchString(id) }

// With returns a context with the id. An empty id returns ctx unchanged.
func With(ctx context.Context, id string) context.Context {
	if id == "" {
		return ctx
	}
	return context.WithValue(ctx, contextKey{}, id)
}

// From returns the id of a context, or "" if there is none.
func From(ctx context.Context) string {
	id, _ := ctx.Value(contextKey{}).(string)
	return id
}
