// Package exitcode defines how a command ended, so that a script can tell findings from misuse and from an outage.
// docs/operations.md has the table. It is our own because it classifies Farebook's errors: sysexits.h has no code for findings,
// and cobra leaves the code to the program. It imports store, internal/config and internal/stripeapi.
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
	Findings = 1 // the command succeeded and found something wrong: a broken promise, differences
	Misuse   = 2 // wrong arguments or configuration: repeating the call fails again
	Outage   = 3 // the database, Temporal or Stripe is unreachable: repeating the call may succeed
	Failed   = 4 // anything else: what was named does not exist, or its state does not allow it
	// Interrupted is what a shell reports for a program that SIGINT ended.
	Interrupted = 130
)

// coded is an error with an exit code.
type coded struct {
	error
	code int
}

func (c *coded) Unwrap() error { return c.error }

// With gives an error an exit code; nil stays nil.
func With(code int, err error) error {
	if err == nil {
		return nil
	}
	return &coded{err, code}
}

// Misused returns an error about how a command was called.
func Misused(format string, args ...any) error { return With(Misuse, fmt.Errorf(format, args...)) }

// Of returns the exit code for the error of a command; 0 for nil.
func Of(err error) int {
	var known *coded
	var problems config.ProblemsError
	var behind *store.SchemaBehindError
	switch {
	case err == nil:
		return OK
	case errors.As(err, &known):
		return known.code
	case errors.Is(err, context.Canceled):
		return Interrupted
	case errors.As(err, &problems), errors.As(err, &behind), store.AccessDenied(err), refusedByTemporal(err),
		stripeapi.IsKind(err, stripeapi.Unauthorized):
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
