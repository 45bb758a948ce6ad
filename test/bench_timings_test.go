package test

import (
	"slices"
	"sync"
	"time"
)

// timings are how long many of one thing took: each, and all of them together.
type timings struct {
	each  []time.Duration
	whole time.Duration
}

// run does something n times from benchClients goroutines; do returns how long counts of it.
func (t *timings) run(n int, do func(i int) time.Duration) {
	each := make([]time.Duration, n)
	next := make(chan int)
	began := time.Now()
	var group sync.WaitGroup
	for range benchClients {
		group.Go(func() {
			for i := range next {
				each[i] = do(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	group.Wait()
	t.whole += time.Since(began)
	t.each = append(t.each, each...)
}

// inRounds divides n runs into benchRounds and calls do with the number of each round, so that what is compared takes turns.
func inRounds(n int, do func(runs int)) {
	for round := range benchRounds {
		do(n*(round+1)/benchRounds - n*round/benchRounds)
	}
}

// one does something once, with nothing beside it.
func (t *timings) one(i int, do func(i int) time.Duration) { t.each = append(t.each, do(i)) }

// rate is how many there were in a second.
func (t *timings) rate() float64 { return float64(len(t.each)) / t.whole.Seconds() }

func (t *timings) percentile(percent int) time.Duration { return percentile(t.each, percent) }

func percentile(times []time.Duration, percent int) time.Duration {
	sorted := slices.Sorted(slices.Values(times))
	return sorted[(len(sorted)-1)*percent/100]
}
