package contract

import (
	"slices"
)

// Scenario is one thing that Farebook relies on.
type Scenario struct {
	Name string
	// Assumption is what the stand-in guesses, where no documentation says; empty where it does.
	Assumption string
	play       func(*Session)
	// Want is what has to be seen, line by line.
	Want []string
}

// Scenarios are all there are.
func Scenarios() []Scenario {
	return slices.Concat(payments(), captures(), refunds(), debits(), disputes(), requests())
}

// Missing are fields that Farebook uses and a target's objects do not have; More are additional fields that they have.
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
