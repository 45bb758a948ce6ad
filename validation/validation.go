// Package validation describes why a request is refused: which field is wrong, what is wrong with it, and what to send instead.
// It imports the standard library only, so that every package that reads requests can use it.
package validation

import (
	"errors"
	"fmt"
	"strings"
)

// FieldError describes one wrong field of a request. It never quotes the value, which may be a name or an address.
type FieldError struct {
	Field   string // JSON path: "flight.departsAt"
	Problem string // "is in the past"
	Fix     string // "send a future time"
}

func (e *FieldError) Error() string {
	if e.Fix == "" {
		return e.Field + " " + e.Problem
	}
	return fmt.Sprintf("%s %s: %s", e.Field, e.Problem, e.Fix)
}

// FieldErrors are all wrong fields of one request.
type FieldErrors []*FieldError

func (e FieldErrors) Error() string {
	lines := make([]string, len(e))
	for i, one := range e {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "; ")
}

// Violations collects the wrong fields of one request. The zero value is ready to use.
type Violations struct{ found FieldErrors }

// Add records a violation: the JSON path of the field, the problem, and what to send instead.
func (v *Violations) Add(field, problem, fix string) {
	v.found = append(v.found, &FieldError{Field: field, Problem: problem, Fix: fix})
}

// Take records the *FieldError that err wraps, and ignores any other error.
func (v *Violations) Take(err error) {
	var field *FieldError
	if errors.As(err, &field) {
		v.found = append(v.found, field)
	}
}

// Err returns the violations as FieldErrors, or nil when there are none.
func (v *Violations) Err() error {
	if len(v.found) == 0 {
		return nil
	}
	return v.found
}
