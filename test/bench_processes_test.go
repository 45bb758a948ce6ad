package test

import (
	"fmt"
	"maps"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"farebook/internal/dev/testkit"
	"farebook/starter/inbox"
)

// processesSample is how many bookings' histories say which processes took part.
const processesSample = 200

// BenchmarkProcesses runs b.N paid bookings on two API processes and three workers, and b.N on one and one, in turns on the same servers
// and the same machine. All processes share its cores, so that the rates show what a process costs beside others, and not what another
// machine would add. Run by `make bench-processes`; docs/capacity.md has the result.
func BenchmarkProcesses(b *testing.B) {
	if b.N == 1 {
		return // the testing package's first try
	}
	options := testkit.Options{Quiet: true, Sweep: 15 * time.Second, FenceLook: time.Minute}
	one, many := startFleet(b, options, 1, 1), startFleet(b, options, 2, 3)
	fleets := []*fleetLoad{{fleet: one}, {fleet: many}}
	for _, f := range fleets {
		f.Stripe.EnableEvents(inbox.Types()...)
		new(timings).run(benchClients, benchWarm, f.book)
	}
	b.ResetTimer()
	inRounds(b.N, func(n int) {
		for _, f := range fleets {
			before := f.cpu()
			f.timings.run(benchClients, n, f.book)
			f.spent += f.cpu() - before
		}
	})
	b.StopTimer()
	for _, f := range fleets {
		f.AwaitQuiet()
		f.RequirePromises()
	}
	b.ReportMetric(fleets[1].timings.rate()/fleets[0].timings.rate(), "x-of-one-and-one")
	printProcesses(fleets[0], fleets[1])
}

// fleetLoad is a fleet with what its bookings took.
type fleetLoad struct {
	fleet

	timings timings
	spent   float64 // CPU time of APIs and workers, in milliseconds
	turn    atomic.Uint64
}

// book takes a booking to its confirmation; the APIs take the requests in turn.
func (m *fleetLoad) book(int) time.Duration {
	return bookToMail(m.Stack, m.apis[m.turn.Add(1)%uint64(len(m.apis))].Client)
}

func (m *fleetLoad) cpu() (spent float64) {
	m.T.Helper()
	for pid := range m.names() {
		spent += cpuOf(m.T, pid)
	}
	return spent
}

func printProcesses(one, many *fleetLoad) {
	fmt.Printf("\n%-44s %14s %14s %8s\n", "", "1 API 1 worker", "2 and 3", "ratio")
	line := func(name, unit string, a, z float64) {
		fmt.Printf("%-44s %10.1f %-3s %10.1f %-3s %8.2f\n", name, a, unit, z, unit, z/a)
	}
	line("paid, booked and mailed, 16 at once", "/s", one.timings.rate(), many.timings.rate())
	for _, percent := range []int{50, 99} {
		line(fmt.Sprintf("first answer, p%d", percent), "ms", float64(one.timings.percentile(percent).Milliseconds()),
			float64(many.timings.percentile(percent).Milliseconds()))
	}
	line("CPU time of APIs and workers, per booking", "ms", one.spent/float64(len(one.timings.first)),
		many.spent/float64(len(many.timings.first)))
	many.printShares()
}

// printShares prints which process did which part of the newest bookings, by the identities in Temporal's histories.
func (m *fleetLoad) printShares() {
	names := m.names()
	started, signalled, completed, crossed := map[string]int{}, map[string]int{}, map[string]int{}, 0
	references := pairs(m.T, m.DB.SQL, fmt.Sprintf("SELECT reference, id FROM bookings ORDER BY id DESC LIMIT %d", processesSample))
	for reference := range references {
		hands := m.HandsOn(reference)
		started[names[hands.Started]]++
		for _, pid := range hands.Signalled {
			signalled[names[pid]]++
		}
		for _, pid := range hands.Worked {
			completed[names[pid]]++
		}
		if !slices.Contains(hands.Signalled, hands.Started) {
			crossed++
		}
	}
	fmt.Printf("\nof %d bookings, %d were made at one API and reported by Stripe to the other only\n", len(references), crossed)
	for _, part := range []struct {
		name   string
		counts map[string]int
	}{{"workflows started", started}, {"signals sent", signalled}, {"workflow tasks completed", completed}} {
		fmt.Printf("%-26s", part.name)
		for _, name := range slices.Sorted(maps.Keys(part.counts)) {
			fmt.Printf("  %s: %d", name, part.counts[name])
		}
		fmt.Println()
	}
	fmt.Println()
}
