package test

import (
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/time/rate"

	"farebook/internal/dev/testdb"
	"farebook/internal/dev/testkit"
	"farebook/internal/stripeapi"
	"farebook/starter/dispatch"
)

const (
	// missingOnes of the payments are not in the ledger, beside those that fit.
	missingOnes = 5
	// benchRate is what reconciliation may ask of Stripe, in calls a second (stripe.com/docs/rate-limits: 25 of an endpoint
	// in test mode).
	benchRate = 25
	// benchPage is how long Stripe takes for a page.
	benchPage = 300 * time.Millisecond
	// sampleSize is how many payments are retrieved one by one: all of them would take the better part of an hour.
	sampleSize = 250
)

// paymentsToReconcile is how many payments there are: PAYMENTS of `make bench`.
func paymentsToReconcile(b *testing.B) int { return benchSize(b, "FAREBOOK_BENCH_PAYMENTS", 20_000) }

// benchSize is the number in an environment variable that a target of the Makefile sets; usual without the variable.
func benchSize(b *testing.B, variable string, usual int) int {
	b.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return usual
	}
	n, err := strconv.Atoi(text)
	require.NoError(b, err, variable)
	return n
}

// BenchmarkReconcile holds a ledger of paid bookings against a Stripe with as many, some of them missing here, within 25
// calls a second at 300 ms a page. It prints calls and time beside the floor that the rate limit sets, and beside one
// retrieve each; with the payments spread evenly over the look-back, and all within a day of it.
func BenchmarkReconcile(b *testing.B) {
	for name, span := range map[string]time.Duration{"evenly": 7*24*time.Hour - time.Hour, "in-one-day": 24 * time.Hour} {
		b.Run(name, func(b *testing.B) { benchReconcile(b, paymentsToReconcile(b), span) })
	}
}

func benchReconcile(b *testing.B, payments int, span time.Duration) {
	s := testkit.New(b, testkit.Options{Quiet: true, Processes: true, CallsPerSecond: benchRate, AnswerTime: benchPage})
	fillReconciled(b, s.DB, payments)
	end := time.Now()
	s.Stripe.Fill(payments, filledAfter(s.DB), end.Add(-span), end)
	b.ResetTimer()
	for range b.N {
		calls := len(s.Stripe.Journal().Records())
		began := time.Now()
		idle, _ := s.Memory("worker")
		run := reconcileLong(s, `{"dryRun":true,"scope":"ledger"}`)
		took := time.Since(began)
		_, peak := s.Memory("worker")
		calls = len(s.Stripe.Journal().Records()) - calls
		found := run.classes()
		if found["missing_in_ledger"] != missingOnes || len(run.Details) != missingOnes {
			b.Fatalf("found %v", found)
		}
		floor := time.Duration(float64(payments) / 100 / benchRate * float64(time.Second))
		each := retrieveEach(b, s) * time.Duration(payments)
		actions := float64(testkit.CostOf(s.RunHistory("Reconciliation:"+run.CorrelationID, "")).Actions) / (float64(payments) / 1000)
		b.ReportMetric(float64(calls), "calls")
		b.ReportMetric(took.Seconds(), "s")
		b.ReportMetric(float64(took)/float64(floor), "x-of-floor")
		b.ReportMetric(float64(took)/float64(each), "x-of-retrieves")
		b.ReportMetric(actions, "actions/1000")
		fmt.Printf("\n%d payments: %d calls, %d beyond one a page of 100; %.1f s, floor %.1f s (%.2f), one retrieve each %d calls and %.0f s "+
			"(%.4f); "+
			"%.2f actions per 1,000; the worker had %d MB before and %d MB at most\n", payments, calls, calls-payments/100, took.Seconds(),
			floor.Seconds(),
			float64(took)/float64(floor), payments, each.Seconds(), float64(took)/float64(each), actions, idle>>20, peak>>20)
	}
}

// reconcileLong runs one through the API, to its end, however long that takes.
func reconcileLong(s *testkit.Stack, body string) runView {
	s.T.Helper()
	var run runView
	s.Post("/v1/reconciliations", "", []byte(body)).Into(s.T, &run)
	_, err := dispatch.NewClient(s.Temporal, s.Config.TaskQueue).AwaitReconciliation(s.T.Context(), run.CorrelationID)
	require.NoError(s.T, err)
	return awaitReconciliation(s, run.CorrelationID)
}

// retrieveEach is how long one payment takes when each is retrieved, at the same rate, from as many goroutines as need be.
func retrieveEach(b *testing.B, s *testkit.Stack) time.Duration {
	b.Helper()
	stripe := stripeapi.New(stripeapi.Config{
		SecretKey: testkit.StripeKey, APIBase: s.Stripe.URL(),
		Log: slog.New(slog.DiscardHandler),
	}).Paced(rate.NewLimiter(benchRate, 1))
	began := time.Now()
	var group sync.WaitGroup
	for i := range sampleSize {
		group.Go(func() {
			if _, _, err := stripe.PaymentIntent(b.Context(), fmt.Sprintf("pi_fill_%d", i+1)); err != nil {
				b.Error(err)
			}
		})
	}
	group.Wait()
	return time.Since(began) / sampleSize
}

// fillReconciled writes the bookings, payments and postings of what Fill makes at the stand-in, but for a few.
func fillReconciled(b *testing.B, db *testdb.DB, payments int) {
	b.Helper()
	fillLedger(b, db, payments, "pi_fill_", "txn_fill_")
	for i := range missingOnes {
		unpost(b, db, (i+1)*payments/(missingOnes+1))
	}
}

// BenchmarkBookingBesideReconciliation measures how long a client secret takes while a reconciliation runs, beside the
// same without one.
func BenchmarkBookingBesideReconciliation(b *testing.B) {
	payments := min(paymentsToReconcile(b), 50_000)
	s := testkit.New(b, testkit.Options{Quiet: true, CallsPerSecond: benchRate})
	fillReconciled(b, s.DB, payments)
	s.Stripe.Fill(payments, filledAfter(s.DB), time.Now().AddDate(0, 0, -6), time.Now())
	times := func(name string) []time.Duration {
		out := make([]time.Duration, b.N)
		for i := range b.N { // one at a time: what a traveller feels, and not what a queue does
			var err error
			if _, out[i], err = pay(s, s.API, fmt.Sprintf("%s-%d", name, i)); err != nil {
				b.Error(err)
			}
		}
		return out
	}
	times("warm")
	b.ResetTimer()
	without := times("without")
	with := make(chan []time.Duration, 1)
	go func() { with <- times("with") }()
	runs := 0
	var beside []time.Duration
	for beside == nil {
		reconcileLong(s, `{"dryRun":true,"scope":"ledger"}`)
		runs++
		select {
		case beside = <-with:
		default:
		}
	}
	b.StopTimer()
	if b.N == 1 {
		return // as in report
	}
	fmt.Printf("\nrequest to client secret beside %d reconciliations of %d payments, and without:\n", runs, payments)
	for _, percent := range []int{50, 99} {
		a, z := percentile(beside, percent), percentile(without, percent)
		fmt.Printf("p%d %d ms, %d ms: %.2f\n", percent, a.Milliseconds(), z.Milliseconds(), float64(a)/float64(z))
		b.ReportMetric(float64(a)/float64(z), fmt.Sprintf("x-p%d", percent))
	}
	awaitMails(b, s, 3*b.N)
	s.AwaitQuiet()
}
