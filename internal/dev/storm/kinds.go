package storm

import (
	"context"
	"slices"
	"time"
)

// kind is a sort of fault: what is drawn for it, and how it plays.
type kind struct {
	name    string
	weight  int
	targets []string
	whats   []string
	points  bool          // What is a failpoint
	longest time.Duration // of a fault that lasts
	most    int           // of a fault that counts
	// without says why a system cannot play the kind, which is then left out; nil for a kind that each can play.
	without func(s *System) string
	// play has the fault happen and undoes what lasts. An error says that the fault could not happen, such as a kill of what is dead.
	play func(ctx context.Context, s *System, f Fault) error
}

// kinds are all sorts of faults, always in the same order: schedules are drawn from it.
func kinds() []kind {
	return slices.Concat(
		processKinds(), serverKinds(), linkKinds(), stripeKinds(), webhookKinds(), mailKinds(), peopleKinds(), clockKinds(), secretKinds(),
	)
}

func kindNamed(name string) kind {
	all := kinds()
	return all[slices.IndexFunc(all, func(one kind) bool { return one.name == name })]
}

// Kinds returns the names of all sorts of faults.
func Kinds() []string {
	var names []string
	for _, one := range kinds() {
		names = append(names, one.name)
	}
	return names
}
