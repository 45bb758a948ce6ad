package storm

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// Fault is one entry of a schedule.
type Fault struct {
	Number int
	At     time.Duration // after the start of the storm
	Kind   string        // a name of the table of kinds
	Target string        // the process, server or link; empty where a kind has none
	What   string        // a failpoint or a code; empty where a kind has none
	For    time.Duration // how long it lasts; 0 for a momentary one
	Times  int           // how many requests or exchanges it hits; 0 where a kind does not count
	Draw   uint64        // decides what is only known when the fault plays, such as which event comes again
}

// String is a line of the printed schedule.
func (f Fault) String() string {
	words := []string{fmt.Sprintf("%7.2fs #%-4d %s", f.At.Seconds(), f.Number, f.Kind)}
	if f.Target != "" {
		words = append(words, f.Target)
	}
	if f.What != "" {
		words = append(words, f.What)
	}
	if f.Times > 0 {
		words = append(words, fmt.Sprintf("x%d", f.Times))
	}
	if f.For > 0 {
		words = append(words, fmt.Sprintf("for %.1fs", f.For.Seconds()))
	}
	return strings.Join(words, " ")
}

// Plan says how many faults a schedule has and from what they are drawn.
type Plan struct {
	Seed   uint64
	Long   time.Duration // of the storm
	Gap    time.Duration // between two faults, on average
	Points Points        // the failpoints to die at
	Only   []string      // the kinds to draw from; empty for all
}

// calm is the time before the first fault, so that there is something to break.
const calm = 2 * time.Second

// Schedule draws the faults of a plan. The same plan draws the same faults.
func Schedule(plan Plan) []Fault {
	draw := rand.New(rand.NewPCG(plan.Seed, 0))
	var faults []Fault
	all := plan.kinds()
	order := slices.Clone(all)
	draw.Shuffle(len(order), func(a, b int) { order[a], order[b] = order[b], order[a] })
	for at := calm; at < plan.Long; at += between(draw, plan.Gap/2, 3*plan.Gap/2) {
		var one kind
		if len(faults) < len(order) {
			one = order[len(faults)] // each kind once before any comes again, so that a short storm has all of them
		} else {
			one = weighted(draw, all)
		}
		fault := Fault{Number: len(faults) + 1, At: at.Round(time.Millisecond), Kind: one.name, Draw: draw.Uint64()}
		fault.draw(draw, one, plan.Points)
		faults = append(faults, fault)
	}
	return faults
}

// draw fills in what a kind leaves to chance.
func (f *Fault) draw(draw *rand.Rand, one kind, points Points) {
	if len(one.targets) > 0 {
		f.Target = one.targets[draw.IntN(len(one.targets))]
	}
	switch {
	case one.points:
		var names []string
		for _, process := range strings.Fields(f.Target) {
			reached := points.of(process)
			names = append(names, reached[draw.IntN(len(reached))])
		}
		f.What = strings.Join(names, " ")
	case len(one.whats) > 0:
		f.What = one.whats[draw.IntN(len(one.whats))]
	}
	if one.longest > 0 {
		f.For = between(draw, one.longest/5, one.longest).Round(10 * time.Millisecond)
	}
	if one.most > 0 {
		f.Times = 1 + draw.IntN(one.most)
	}
}

// Unknown are the names in Only that no kind has.
func (p Plan) Unknown() []string {
	return slices.DeleteFunc(slices.Clone(p.Only), func(name string) bool { return slices.Contains(Kinds(), name) })
}

// kinds are those of a plan.
func (p Plan) kinds() []kind {
	return slices.DeleteFunc(kinds(), func(one kind) bool { return len(p.Only) > 0 && !slices.Contains(p.Only, one.name) })
}

func weighted(draw *rand.Rand, all []kind) kind {
	sum := 0
	for _, one := range all {
		sum += one.weight
	}
	at := draw.IntN(sum)
	for _, one := range all {
		if at -= one.weight; at < 0 {
			return one
		}
	}
	return all[len(all)-1]
}

func between(draw *rand.Rand, least, most time.Duration) time.Duration {
	return least + time.Duration(draw.Int64N(int64(most-least)+1))
}
