package booking

import (
	"fmt"
	"strings"
)

// FieldError says which field of a request was wrong, what was wrong with it, and what to do. It never quotes the value:
// it may be a name or an address.
type FieldError struct {
	Field   string // JSON path: "flight.departsAt"
	Problem string // "is in the past"
	Fix     string // "send a time to come"
}

func (e *FieldError) Error() string {
	if e.Fix == "" {
		return e.Field + " " + e.Problem
	}
	return fmt.Sprintf("%s %s: %s", e.Field, e.Problem, e.Fix)
}

// FieldErrors are all that is wrong with a request.
type FieldErrors []*FieldError

func (e FieldErrors) Error() string {
	lines := make([]string, len(e))
	for i, one := range e {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "; ")
}

// IllegalTransition is a state machine's refusal.
type IllegalTransition struct {
	Machine  string // "booking", "payment", "refund", "dispute", "payout"
	From, To string
}

func (e *IllegalTransition) Error() string {
	return fmt.Sprintf("a %s cannot go from %s to %s", e.Machine, e.From, e.To)
}
