package test

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"farebook/internal/dev/otlp"
	"farebook/internal/dev/testkit"
)

const (
	// stallBookings are the bookings of one run.
	stallBookings = 100
	// slowestShown are the first answers that are printed step by step.
	slowestShown = 5
	// stepsShown are the longest waits of each.
	stepsShown = 12
)

// BenchmarkStall makes b.N runs of stallBookings paid bookings, 16 at once, with every request traced, and prints the slowest first
// answers with what each waited for, and what the machine did meanwhile. Run by `make bench-stall`.
func BenchmarkStall(b *testing.B) {
	slow := time.Duration(benchSize(b, "FAREBOOK_BENCH_SLOW_MS", 500)) * time.Millisecond
	keepConnections(b, benchClients)
	servers := startBenchServers(b)
	collector := otlp.Start(b)
	s := startBenched(b, servers, os.Getenv("FAREBOOK_BENCH_API_WORKER") != "false",
		"OTEL_EXPORTER_OTLP_ENDPOINT="+collector.Endpoint, "OTEL_BSP_SCHEDULE_DELAY=100", "OTEL_METRICS_EXPORTER=none",
		"OTEL_BSP_MAX_QUEUE_SIZE=100000")
	new(timings).run(benchClients, benchWarm, s.do)
	s.stack.Stripe.SetAnswerTime(time.Duration(benchSize(b, "FAREBOOK_BENCH_STRIPE_MS", 0)) * time.Millisecond)
	watched := watchMachine(b, s.processes)
	var all timings
	var kept []*answer
	b.ResetTimer()
	for run := range b.N {
		collector.Forget()
		answers := tracedRun(s.stack, &all)
		for _, a := range slowOf(answers, slow) {
			a.run, a.spans = run+1, awaitStalledTrace(s.stack, collector, a.trace)
			kept = append(kept, a)
		}
	}
	b.StopTimer()
	fmt.Printf("\n%d first answers: p50 %s, p99 %s, max %s; %.1f bookings/s\n", len(all.first), inMS(all.percentile(50)),
		inMS(all.percentile(99)), inMS(all.percentile(100)), all.rate())
	printSlow(kept, slow, watched)
}

// answer is the first answer to one booking's request.
type answer struct {
	run   int
	trace string
	began time.Time
	took  time.Duration
	spans []otlp.Span // of its trace
}

// tracedRun makes the bookings of one run, each in a separate trace.
func tracedRun(s *testkit.Stack, all *timings) []*answer {
	answers := make([]*answer, stallBookings)
	all.run(benchClients, stallBookings, func(i int) time.Duration {
		a := &answer{trace: strings.ReplaceAll(uuid.NewString(), "-", ""), began: time.Now()}
		api := *s.API
		api.Header = http.Header{"Traceparent": {"00-" + a.trace + "-00f067aa0ba902b7-01"}}
		a.took = bookToMail(s, &api)
		answers[i] = a
		return a.took
	})
	return answers
}

// slowOf are the answers above a limit, and the slowest one in any case, so that there is something to compare them with.
func slowOf(answers []*answer, limit time.Duration) []*answer {
	slices.SortFunc(answers, func(a, z *answer) int { return cmp.Compare(z.took, a.took) })
	slow := answers[:1]
	for len(slow) < len(answers) && answers[len(slow)].took > limit {
		slow = answers[:len(slow)+1]
	}
	return slow
}

// awaitTrace waits for the spans of the request and of the whole workflow, and returns the trace.
func awaitStalledTrace(s *testkit.Stack, collector *otlp.Collector, trace string) (spans []otlp.Span) {
	has := func(name string) bool {
		return slices.ContainsFunc(spans, func(span otlp.Span) bool { return span.Name == name })
	}
	s.Eventually(func() bool {
		spans = collector.Trace(trace)
		return has("POST /v1/bookings") && has("RunWorkflow:BookingPayment")
	}, "the trace of a booking was not exported")
	return spans
}

func printSlow(kept []*answer, limit time.Duration, watched *machineWatch) {
	slices.SortFunc(kept, func(a, z *answer) int { return cmp.Compare(z.took, a.took) })
	above := 0
	longest := map[string][]time.Duration{}
	for _, a := range kept {
		if a.took > limit {
			above++
			w := a.waits()[0]
			longest[w.what] = append(longest[w.what], w.took)
		}
	}
	fmt.Printf("%d above %s; what each of them waited for the longest:\n", above, limit)
	for _, what := range slices.SortedFunc(maps.Keys(longest), func(a, z string) int { return len(longest[z]) - len(longest[a]) }) {
		fmt.Printf("  %5d  p50 %8s  max %8s  %s\n", len(longest[what]), inMS(percentile(longest[what], 50)),
			inMS(percentile(longest[what], 100)), what)
	}
	for _, a := range kept[:min(len(kept), slowestShown)] {
		fmt.Printf("\nrun %d, %s, at %s: %s\n", a.run, inMS(a.took), a.began.UTC().Format("15:04:05.000"),
			watched.during(a.began, a.began.Add(a.took)))
		for _, w := range a.waits()[:min(len(a.waits()), stepsShown)] {
			fmt.Printf("  %9s  after %9s  %s\n", inMS(w.took), inMS(w.at.Sub(a.began)), w.what)
		}
	}
	fmt.Println()
}

func inMS(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000) }
