// Command growth is the gate of `make growth`: it fills small and large books on the database server that FAREBOOK_TEST_MYSQL_DSN names,
// calls every function of the store on both, and fails when one examines more rows on the large books. With -bench it measures one size
// instead, and prints a table for docs/performance.md. Nobody else may use the server.
// It imports internal/dev/bigbooks, internal/dev/growth, internal/dev/measured, migrations and the MySQL driver.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"farebook/internal/dev/bigbooks"
)

// benchRounds is how often the benchmark calls each function.
const benchRounds = 10

func main() {
	small := flag.Int("small", 10_000, "bookings of the small books")
	large := flag.Int("large", 200_000, "bookings of the large books")
	rounds := flag.Int("rounds", 3, "how often each function is called")
	perDay := flag.Int("per-day", bigbooks.UsualPerDay, "bookings a day")
	benched := flag.Int("bench", 0, "measure books of so many bookings, instead of running the gate")
	document := flag.String("write", "", "document into which the benchmark writes its table")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if *benched > 0 {
		if err := bench(ctx, *benched, benchRounds, *document); err != nil {
			fmt.Fprintln(os.Stderr, "growth:", err)
			os.Exit(1)
		}
		return
	}
	began := time.Now()
	err := gate(ctx, *small, *large, *perDay, *rounds)
	if err != nil && !errors.Is(err, errGrows) {
		fmt.Fprintln(os.Stderr, "growth:", err)
	}
	if err != nil {
		os.Exit(1)
	}
	fmt.Printf("\nNo function of the store examines more rows on %d bookings than on %d, but for those listed. %.0f s.\n", *large, *small,
		time.Since(began).Seconds())
}
