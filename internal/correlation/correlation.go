// Package correlation carries the one id by which a request is followed from the API through workflow, Stripe and mail:
// in Go contexts, and in workflow headers by a context propagator.
package correlation

import (
	"context"
	"regexp"

	"github.com/google/uuid"
)

// Header is the HTTP and mail header that bears the id.
const Header = "X-Correlation-ID"

type contextKey struct{}

// shape is what a caller may choose: it ends in logs, histories, Stripe's metadata and mail headers, so it can be no
// address, no secret (their prefixes have underscores) and nothing that breaks a header.
var (
	shape  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.-]{6,62}[A-Za-z0-9]$`)
	letter = regexp.MustCompile(`[A-Za-z]`)
	// run is a reconciliation's: drawn, or made by a schedule, which appends the time that the run was due.
	run = regexp.MustCompile(`^recon_[A-Za-z0-9][A-Za-z0-9.:-]{0,119}$`)
)

// New makes an id: a random UUID.
func New() string { return uuid.NewString() }

// Valid tells whether an id from outside may be used: 8 to 64 letters, digits, dots and dashes, at least one of them a
// letter (a card number has none).
func Valid(id string) bool { return shape.MatchString(id) && letter.MatchString(id) }

// IsRun tells whether an id is a reconciliation's. Callers may not choose one: Valid refuses it.
func IsRun(id string) bool { return run.MatchString(id) }

// With puts the id into a context. An empty id leaves the context as it is.
func With(ctx context.Context, id string) context.Context {
	if id == "" {
		return ctx
	}
	return context.WithValue(ctx, contextKey{}, id)
}

// From reads the id of a context; empty when there is none.
func From(ctx context.Context) string {
	id, _ := ctx.Value(contextKey{}).(string)
	return id
}
