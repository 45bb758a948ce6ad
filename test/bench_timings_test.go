package test

import (
	"slices"
	"sync"
	"time"
)

// timings are how long many of one thing took: each, and all of them together.
type timings struct {
	first []time.Duration // until the first answer
	ends  []time.Duration // until the end, in the same order
	whole time.Duration   // all together
}

// run does something n times from clients goroutines, each of which follows one to its end and starts the next; do returns how long the
// first answer took.
func (t *timings) run(clients, n int, do func(i int) time.Duration) {
	first, ends := make([]time.Duration, n), make([]time.Duration, n)
	next := make(chan int)
	began := time.Now()
	var group sync.WaitGroup
	for range clients {
		group.Go(func() {
			for i := range next {
				one := time.Now()
				first[i] = do(i)
				ends[i] = time.Since(one)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	group.Wait()
	t.whole += time.Since(began)
	t.first, t.ends = append(t.first, first...), append(t.ends, ends...)
}

// runFor does something from clients goroutines until d has passed and each has ended what it began.
func (t *timings) runFor(clients int, d time.Duration, do func() time.Duration) {
	var mu sync.Mutex
	var group sync.WaitGroup
	began := time.Now()
	for range clients {
		group.Go(func() {
			for time.Since(began) < d {
				one := time.Now()
				first := do()
				mu.Lock()
				t.first, t.ends = append(t.first, first), append(t.ends, time.Since(one))
				mu.Unlock()
			}
		})
	}
	group.Wait()
	t.whole += time.Since(began)
}

// inRounds divides n runs into benchRounds and calls do with the number of each round, so that what is compared takes turns.
func inRounds(n int, do func(runs int)) {
	for round := range benchRounds {
		do(n*(round+1)/benchRounds - n*round/benchRounds)
	}
}

// rate is how many there were in a second.
func (t *timings) rate() float64 { return float64(len(t.first)) / t.whole.Seconds() }

// percentile is that of the first answers.
func (t *timings) percentile(percent int) time.Duration { return percentile(t.first, percent) }

func percentile(times []time.Duration, percent int) time.Duration {
	sorted := slices.Sorted(slices.Values(times))
	return sorted[(len(sorted)-1)*percent/100]
}
