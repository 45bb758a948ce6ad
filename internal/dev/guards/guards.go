// Package guards lists the guards of Farebook (locks, UNIQUE indexes, comparisons, state guards, leases, signatures, scopes, limits) and
// removes one at a time, to see that a test fails without it. A removed guard is a changed copy of one file in a temporary folder, which
// the go command reads instead of the file (-overlay): the tree itself is never changed. It imports the standard library only.
package guards

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
)

// Guard is a piece of source whose absence a test has to notice.
type Guard struct {
	Name string // "money.minimum"; unique
	File string // from the root of the module
	// Func is the function or method, as "Claim" or "Links.Claim", in which Cut is the source of one expression or statement, or a part of
	// one string. Without it, Cut is a text that the file has once.
	Func string
	Cut  string
	Put  string // what replaces it; empty removes it
	Run  string // the tests that notice, as a pattern for go test -run; all of the package without it
	// Equivalent is the reason why no test can notice, for a guard that is not run.
	Equivalent string
}

// Suite is the guards that tests of one package notice.
type Suite struct {
	Package string // "./money"
	Servers bool   // whether its tests need the servers of with-servers
	Slow    bool   // whether its tests are left out of the sample because they take long to build or to run
	Guards  []Guard
}

// Listed is a guard with its suite.
type Listed struct {
	Guard
	Package string
	Servers bool
	// Sample is whether the guard is the first of a fast suite without servers: these are run before each commit.
	Sample bool
}

// List returns all guards in the order of the suites.
func List() []Listed {
	var all []Listed
	for _, suite := range suites {
		for i, guard := range suite.Guards {
			if guard.Run == "" {
				guard.Run = "."
			}
			all = append(all, Listed{guard, suite.Package, suite.Servers, i == 0 && !suite.Servers && !suite.Slow})
		}
	}
	return all
}

// Selection picks guards of the list.
type Selection struct {
	Names  *regexp.Regexp // nil for all
	Part   int            // from 1; 0 for all
	Of     int
	Sample bool // the sample only
}

// Select returns the guards of a selection. Parts take turns, so that each has its share of slow guards.
func Select(all []Listed, by Selection) []Listed {
	var selected []Listed
	for i, guard := range all {
		switch {
		case by.Part > 0 && i%by.Of != by.Part-1:
		case by.Names != nil && !by.Names.MatchString(guard.Name):
		case by.Sample && !guard.Sample:
		default:
			selected = append(selected, guard)
		}
	}
	return selected
}

// Without returns the source of the guard's file without the guard.
func (g Guard) Without(root string) ([]byte, error) {
	source, err := os.ReadFile(filepath.Join(root, g.File)) //nolint:gosec // a path of the list
	if err != nil {
		return nil, err
	}
	at, err := locate(source, g)
	if err != nil {
		return nil, fmt.Errorf("guard %s: %w", g.Name, err)
	}
	changed := append([]byte{}, source[:at.from]...)
	return append(append(changed, g.Put...), source[at.to:]...), nil
}
