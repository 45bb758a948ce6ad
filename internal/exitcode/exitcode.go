// Package exitcode says by a number how a command ended, so that a script can tell a finding from a mistake of its own
// and from an outage. docs/operations.md has the table.
package exitcode

import (
	"context"
	"errors"
	"fmt"

	"go.temporal.io/api/serviceerror"

	"farebook/internal/config"
	"farebook/internal/stripeapi"
	"farebook/store"
)

// The codes.
const (
	OK       = 0
	Findings = 1 // the command did its work and found what must not be: a broken promise, differences
	Misuse   = 2 // wrong arguments or configuration: the same call fails again
	Outage   = 3 // the database, Temporal or Stripe is away: the same call may succeed later
	Failed   = 4 // anything else: what was named does not exist, or its state does not allow it
	// Interrupted is what a shell says of a program that SIGINT ended.
	Interrupted = 130
)

// coded is an error that knows its code.
type coded struct {
	error
	code int
}

func (c *coded) Unwrap() error { return c.error }

// With gives an error its code; nil stays nil.
func With(code int, err error) error {
	if err == nil {
		return nil
	}
	return &coded{err, code}
}

// Misused is an error about how a command was called.
func Misused(format string, args ...any) error { return With(Misuse, fmt.Errorf(format, args...)) }

// Of is the code of a command that ended with err.
func Of(err error) int {
	var known *coded
	var problems config.Problems
	var behind *store.SchemaBehind
	switch {
	case err == nil:
		return OK
	case errors.As(err, &known):
		return known.code
	case errors.Is(err, context.Canceled):
		return Interrupted
	case errors.As(err, &problems), errors.As(err, &behind), store.AccessDenied(err), refusedByTemporal(err), stripeapi.IsKind(err, stripeapi.Unauthorized):
		return Misuse
	case store.Unavailable(err), temporalAway(err),
		stripeapi.IsKind(err, stripeapi.Busy, stripeapi.ServerError, stripeapi.OutcomeUnknown):
		return Outage
	}
	return Failed
}

func refusedByTemporal(err error) bool {
	var denied *serviceerror.PermissionDenied
	var namespace *serviceerror.NamespaceNotFound
	return errors.As(err, &denied) || errors.As(err, &namespace)
}

func temporalAway(err error) bool {
	var unavailable *serviceerror.Unavailable
	var late *serviceerror.DeadlineExceeded
	var exhausted *serviceerror.ResourceExhausted
	return errors.As(err, &unavailable) || errors.As(err, &late) || errors.As(err, &exhausted)
}
