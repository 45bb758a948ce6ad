package contract

import (
	"slices"
)

// Scenario is one behaviour of Stripe that Farebook relies on.
type Scenario struct {
	Name string
	// Assumption is what the stand-in assumes without documentation; empty if the behaviour is documented.
	Assumption string
	play       func(*Session)
	// Want are the expected lines of Facts.
	Want []string
}

// Scenarios returns all scenarios.
func Scenarios() []Scenario {
	return slices.Concat(payments(), captures(), refunds(), debits(), disputes(), requests())
}

// Missing compares the fields of objects by kind. It returns those of want that have does not contain, and the additional ones of
// have, each as kind.field.
func Missing(want, have map[string][]string) (missing, more []string) {
	for kind, fields := range want {
		for _, field := range fields {
			if !slices.Contains(have[kind], field) {
				missing = append(missing, kind+"."+field)
			}
		}
	}
	for kind, fields := range have {
		for _, field := range fields {
			if !slices.Contains(want[kind], field) {
				more = append(more, kind+"."+field)
			}
		}
	}
	slices.Sort(missing)
	slices.Sort(more)
	return missing, more
}
