package test

import (
	"fmt"
	"testing"

	"farebook/internal/dev/testkit"
)

// BenchmarkHeldBookings reports how much memory a booking takes in the API's process while its hold lasts: its run stays in the sticky
// cache of the worker there. Run by `make bench-held`.
func BenchmarkHeldBookings(b *testing.B) {
	if b.N == 1 {
		return // the testing package's first try
	}
	s := testkit.New(b, testkit.Options{Processes: true, Quiet: true})
	awaitFirstStepsHere(s)
	before, _ := s.Memory("starter")
	b.ResetTimer()
	eager := 0
	for i := range b.N {
		booked := s.Book(fmt.Sprintf("held-%d", i), testkit.BookingBody(nil))
		if i%100 == 0 && startedEagerly(s, booked.Reference) {
			eager++
		}
	}
	b.StopTimer()
	after, _ := s.Memory("starter")
	each := float64(after-before) / float64(b.N)
	b.ReportMetric(each/1024, "KiB/held-booking")
	fmt.Printf("\nthe API's process with %d held bookings (%d of %d sampled were started eagerly): %d MiB, before %d MiB, %.1f KiB each\n",
		b.N, eager, (b.N+99)/100, after>>20, before>>20, each/1024)
}
