package test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"

	"farebook/internal/dev/testkit"
	"farebook/starter/inbox"
)

const (
	// benchClients take turns at nothing: each follows its workflow to the end, and starts the next.
	benchClients = 16
	// benchRounds alternate between bookings and comparators, so that the machine's mood, and a server that slows down as
	// it fills, touch all alike.
	benchRounds = 4
	// benchWarm of each come before what counts: connections, caches, compiled statements.
	benchWarm = 32
	// benchAlone are made one at a time, for latencies without a queue.
	benchAlone = 50
)

// BenchmarkPaidBooking runs b.N paid bookings on the same servers as b.N empty workflows, which are the floor that any
// design on Temporal stands on, and b.N workflows of a booking's shape that do nothing, which are the floor of this
// design; and prints how they compare. Run by `make bench`.
func BenchmarkPaidBooking(b *testing.B) {
	s := testkit.New(b, testkit.Options{Quiet: true})
	s.Stripe.EnableEvents(inbox.Types()...) // what an endpoint is asked for
	floor := newFloor(b, s)
	book := func(int) time.Duration { return bookToMail(s, s.API) }
	var empty, shape, ours timings
	inRounds(benchWarm, func(n int) {
		new(timings).run(n, floor.empty)
		new(timings).run(n, floor.shape)
		new(timings).run(n, book)
	})
	b.ResetTimer()
	inRounds(b.N, func(n int) {
		empty.run(n, floor.empty)
		shape.run(n, floor.shape)
		ours.run(n, book)
	})
	b.StopTimer()
	var alone, emptyAlone timings
	for i := range benchAlone {
		emptyAlone.one(i, floor.empty)
		alone.one(i, book)
	}
	s.RequirePromises()
	report(b, s, figures{ours, empty, shape, alone, emptyAlone})
}

type figures struct {
	ours, empty, shape timings
	alone, emptyAlone  timings
}

func report(b *testing.B, s *testkit.Stack, f figures) {
	reference := s.DB.Text(b, "SELECT reference FROM bookings ORDER BY id DESC LIMIT 1")
	s.AwaitWorkflowEnd(reference)
	cost := testkit.CostOf(s.History(reference))
	b.ReportMetric(f.ours.rate(), "bookings/s")
	b.ReportMetric(f.empty.rate(), "empty/s")
	b.ReportMetric(f.ours.rate()/f.empty.rate(), "x-of-floor")
	b.ReportMetric(f.ours.rate()/f.shape.rate(), "x-of-shape")
	b.ReportMetric(float64(cost.Actions), "actions")
	if b.N == 1 {
		return // the testing package's own first try, whose figures say nothing
	}
	fmt.Printf("\n%-52s %12s %12s %8s\n", "", "Farebook", "comparator", "ratio")
	compare := func(name string, comparator timings) {
		fmt.Printf("%-52s %10.1f/s %10.1f/s %8.2f\n", name, f.ours.rate(), comparator.rate(), f.ours.rate()/comparator.rate())
	}
	compare(fmt.Sprintf("paid, booked and mailed, %d at once, to empty ones", benchClients), f.empty)
	compare("the same, to workflows of this shape without steps", f.shape)
	line := func(name string, ours, comparator timings, percent int) {
		a, z := ours.percentile(percent), comparator.percentile(percent)
		fmt.Printf("%-52s %9d ms %9d ms %8.2f\n", name, a.Milliseconds(), z.Milliseconds(), float64(a)/float64(z))
	}
	line("request to client secret, one at a time, p50", f.alone, f.emptyAlone, 50)
	line("request to client secret, one at a time, p99", f.alone, f.emptyAlone, 99)
	line(fmt.Sprintf("request to client secret, %d at once, p50", benchClients), f.ours, f.empty, 50)
	line(fmt.Sprintf("request to client secret, %d at once, p99", benchClients), f.ours, f.empty, 99)
	fmt.Printf("a paid booking's history: %d billable actions, %d events, %d bytes\n\n", cost.Actions, cost.Events, cost.Bytes)
}

// bookToMail takes a booking from its request at an API to its confirmation; it returns how long the client secret took.
func bookToMail(s *testkit.Stack, api *testkit.APIClient) time.Duration {
	booked, took, err := pay(s, api, uuid.NewString())
	if err == nil {
		err = s.Temporal.GetWorkflow(s.T.Context(), s.WorkflowID(booked.Reference), "").Get(s.T.Context(), nil)
	}
	if err != nil {
		s.T.Error(err)
	}
	return took
}

// pay books at an API and pays, and does not wait for what comes of it.
func pay(s *testkit.Stack, api *testkit.APIClient, key string) (booked testkit.Booked, secret time.Duration, err error) {
	began := time.Now()
	answer, err := api.Do(http.MethodPost, "/v1/bookings", key, testkit.BookingBody(nil))
	secret = time.Since(began)
	if err != nil {
		return booked, secret, fmt.Errorf("booking: %w", err)
	}
	if answer.Status != http.StatusCreated {
		return booked, secret, fmt.Errorf("booking: %d %s", answer.Status, answer.Body)
	}
	answer.Into(s.T, &booked)
	if status := s.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"); status != http.StatusOK {
		return booked, secret, fmt.Errorf("payment: %d", status)
	}
	return booked, secret, nil
}

func awaitMails(b *testing.B, s *testkit.Stack, count int) {
	s.Eventually(func() bool { return s.DB.Count(b, "SELECT COUNT(*) FROM emails WHERE status = 'sent'") >= count }, "%d mails", count)
}
