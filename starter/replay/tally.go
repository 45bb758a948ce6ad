package replay

import (
	"maps"
	"slices"
	"sync"
)

// tally counts the outcomes of one selection. Several replays report to it at once.
type tally struct {
	mu       sync.Mutex
	name     string // of the selection's type; empty for the types that the build does not have
	kinds    map[string]*Kind
	failures []Failure
}

// newTally has an entry for a type of this build even if it has no history.
func newTally(name string) *tally {
	t := &tally{name: name, kinds: map[string]*Kind{}}
	if name != "" {
		t.kinds[name] = &Kind{Type: name, Known: true}
	}
	return t
}

// outcome is what became of one history.
type outcome int

const (
	fits outcome = iota
	differs
	pinned
	notStarted
	expired
)

func (t *tally) add(f Failure, result outcome) {
	t.mu.Lock()
	defer t.mu.Unlock()
	kind := t.kind(f.Type)
	switch result {
	case notStarted:
		kind.NotStarted++
		return
	case expired:
		kind.Expired++
		return
	case pinned:
		kind.Pinned++
	case differs:
		kind.Failed++
		t.failures = append(t.failures, f)
	}
	if f.Open {
		kind.Open++
	} else {
		kind.Closed++
	}
}

// leaveOut records running workflows that were not replayed. Of types that the build does not have, they are counted together.
func (t *tally) leaveOut(count int64) {
	if count == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kind(t.name).LeftOut += count
}

func (t *tally) kind(name string) *Kind {
	if t.kinds[name] == nil {
		t.kinds[name] = &Kind{Type: name, Known: t.name != ""}
	}
	return t.kinds[name]
}

func (t *tally) sorted() (all []Kind) {
	for _, name := range slices.Sorted(maps.Keys(t.kinds)) {
		all = append(all, *t.kinds[name])
	}
	return all
}
