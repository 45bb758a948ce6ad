package test

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"farebook/internal/testkit"
	"farebook/starter/inbox"
)

// How many workflows and bookings are under way at once.
const benchClients = 16

// BenchmarkPaidBooking runs b.N paid bookings on the same servers as b.N empty workflows, which are the floor that any
// design on Temporal stands on, and b.N workflows of a booking's shape that do nothing, which are the floor of this
// design; and prints how they compare. Run by `make bench`.
func BenchmarkPaidBooking(b *testing.B) {
	s := testkit.New(b, testkit.Options{Quiet: true})
	s.Stripe.EnableEvents(inbox.Types()...) // what an endpoint is asked for
	floor := newFloor(b, s)
	// Before what counts: connections, caches, compiled statements.
	spread(20, floor.empty)
	spread(20, floor.shape)
	spread(20, func(i int) { pay(b, s, fmt.Sprintf("warm-%d", i)) })
	awaitMails(b, s, 20)

	b.ResetTimer()
	floorRate, floorTimes := measure(b.N, floor.empty)
	shapeRate, _ := measure(b.N, floor.shape)
	secretTimes := make([]time.Duration, b.N)
	started := time.Now()
	spread(b.N, func(i int) { secretTimes[i] = pay(b, s, fmt.Sprintf("booking-%d", i)) })
	awaitMails(b, s, 20+b.N)
	rate := float64(b.N) / time.Since(started).Seconds()
	b.StopTimer()

	alone := make([]time.Duration, 0, 50)
	floorAlone := make([]time.Duration, 0, 50)
	for i := range 50 { // one at a time, in turn, so that the machine's mood touches both alike
		began := time.Now()
		floor.empty(i)
		floorAlone = append(floorAlone, time.Since(began))
		alone = append(alone, pay(b, s, fmt.Sprintf("alone-%d", i)))
	}
	awaitMails(b, s, 20+b.N+50)
	s.RequirePromises()
	report(b, s, figures{rate, floorRate, shapeRate, secretTimes, floorTimes, alone, floorAlone})
}

type figures struct {
	rate                    float64
	floorRate, shapeRate    float64
	secret, floor           []time.Duration
	secretAlone, floorAlone []time.Duration
}

func report(b *testing.B, s *testkit.Stack, f figures) {
	reference := s.DB.Text(b, "SELECT reference FROM bookings ORDER BY id DESC LIMIT 1")
	s.AwaitWorkflowEnd(reference)
	cost := testkit.CostOf(s.History(reference))
	b.ReportMetric(f.rate, "bookings/s")
	b.ReportMetric(f.floorRate, "empty/s")
	b.ReportMetric(f.rate/f.floorRate, "x-of-floor")
	b.ReportMetric(f.rate/f.shapeRate, "x-of-shape")
	b.ReportMetric(float64(cost.Actions), "actions")
	if b.N == 1 {
		return // the testing package's own first try, whose figures say nothing
	}
	fmt.Printf("\n%-52s %12s %12s %8s\n", "", "Farebook", "comparator", "ratio")
	compare := func(name string, comparator float64) {
		fmt.Printf("%-52s %10.1f/s %10.1f/s %8.2f\n", name, f.rate, comparator, f.rate/comparator)
	}
	compare(fmt.Sprintf("paid, booked and mailed, %d at once, to empty ones", benchClients), f.floorRate)
	compare("the same, to workflows of this shape without steps", f.shapeRate)
	line := func(name string, ours, floor []time.Duration, percent int) {
		a, z := percentile(ours, percent), percentile(floor, percent)
		fmt.Printf("%-52s %9d ms %9d ms %8.2f\n", name, a.Milliseconds(), z.Milliseconds(), float64(a)/float64(z))
	}
	line("request to client secret, one at a time, p50", f.secretAlone, f.floorAlone, 50)
	line("request to client secret, one at a time, p99", f.secretAlone, f.floorAlone, 99)
	line(fmt.Sprintf("request to client secret, %d at once, p50", benchClients), f.secret, f.floor, 50)
	line(fmt.Sprintf("request to client secret, %d at once, p99", benchClients), f.secret, f.floor, 99)
	fmt.Printf("a paid booking's history: %d billable actions, %d events, %d bytes\n\n", cost.Actions, cost.Events, cost.Bytes)
}

// pay books and pays; it returns how long the client secret took.
func pay(b *testing.B, s *testkit.Stack, key string) time.Duration {
	began := time.Now()
	answer, err := s.API.Do(http.MethodPost, "/v1/bookings", key, testkit.BookingBody(nil))
	took := time.Since(began)
	if err != nil || answer.Status != http.StatusCreated {
		b.Errorf("booking: %v %d %s", err, answer.Status, answer.Body)
		return took
	}
	var booked testkit.Booked
	answer.Into(b, &booked)
	if status := s.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"); status != http.StatusOK {
		b.Errorf("payment: %d", status)
	}
	return took
}

func awaitMails(b *testing.B, s *testkit.Stack, count int) {
	s.Eventually(func() bool { return s.DB.Count(b, "SELECT COUNT(*) FROM emails WHERE status = 'sent'") >= count }, "%d mails", count)
}

// spread runs f for 0 to n-1 from benchClients goroutines.
func spread(n int, f func(i int)) {
	var group sync.WaitGroup
	next := make(chan int)
	for range benchClients {
		group.Go(func() {
			for i := range next {
				f(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	group.Wait()
}

func measure(n int, f func(i int)) (rate float64, times []time.Duration) {
	times = make([]time.Duration, n)
	started := time.Now()
	spread(n, func(i int) {
		began := time.Now()
		f(i)
		times[i] = time.Since(began)
	})
	return float64(n) / time.Since(started).Seconds(), times
}

func percentile(times []time.Duration, percent int) time.Duration {
	sorted := slices.Sorted(slices.Values(times))
	return sorted[(len(sorted)-1)*percent/100]
}
