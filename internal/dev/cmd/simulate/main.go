// Command simulate plays months of business from a seed, on the database server of FAREBOOK_TEST_MYSQL_DSN (internal/dev/simulate). It
// proves the promises after each day, and prints what it did and a digest of the ledger, which is the same for the same seed. The exit
// status is 1 when a promise was broken.
//
//	with-servers -- simulate -seed 1 -months 12
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"farebook/internal/dev/simulate"
)

func main() {
	seed := flag.Uint64("seed", 1, "from which everything is drawn")
	months := flag.Int("months", 12, "how many months of 30 days are played")
	days := flag.Int("days", 0, "how many days are played; 0 for those of -months")
	bookings := flag.Int("bookings", 0, "made on a day, on average; 0 for the usual number")
	sample := flag.Int("sample", 0, "how many workflows are played on the server at FAREBOOK_TEST_TEMPORAL_ADDRESS afterwards, at most")
	verbose := flag.Bool("v", false, "write warnings and errors of all parts to the standard error")
	flag.Parse()
	o := simulate.Draw(*seed)
	o.Days = cmp.Or(*days, *months*30)
	o.Bookings = cmp.Or(*bookings, o.Bookings)
	if *verbose {
		o.Logs = os.Stderr
	}
	o.Server, o.Sample, o.Temporal = os.Getenv("FAREBOOK_TEST_MYSQL_DSN"), *sample, os.Getenv("FAREBOOK_TEST_TEMPORAL_ADDRESS")
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	fmt.Println(o)
	report, err := simulate.Run(ctx, o)
	report.Print(os.Stdout)
	if err != nil {
		fmt.Fprintf(os.Stderr, "simulate: seed %d: %v\n", o.Seed, err)
		os.Exit(1)
	}
}
