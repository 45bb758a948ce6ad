// Command simulate plays months of business from a seed, on the database server of FAREBOOK_TEST_MYSQL_DSN (internal/dev/simulate). It
// proves the promises after each day, and prints what it did and a digest of the ledger, which is the same for the same seed. The exit
// status is 1 when a promise was broken.
//
//	with-servers -- simulate -seed 1 -months 12
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"farebook/internal/dev/simulate"
)

func main() {
	o := simulate.Defaults()
	flag.Uint64Var(&o.Seed, "seed", 1, "from which everything is drawn")
	months := flag.Int("months", 12, "how many months of 30 days are played")
	flag.IntVar(&o.Days, "days", 0, "how many days are played; 0 for those of -months")
	flag.IntVar(&o.Bookings, "bookings", o.Bookings, "made on a day, on average")
	flag.IntVar(&o.Deaths, "deaths", o.Deaths, "of 100 failpoints end their step")
	verbose := flag.Bool("v", false, "write warnings and errors of all parts to the standard error")
	flag.Parse()
	if o.Days == 0 {
		o.Days = *months * 30
	}
	if *verbose {
		o.Logs = os.Stderr
	}
	o.Server = os.Getenv("FAREBOOK_TEST_MYSQL_DSN")
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	fmt.Printf("seed %d, %d days from %s\n", o.Seed, o.Days, o.Start.Format(time.DateOnly))
	report, err := simulate.Run(ctx, o)
	report.Print(os.Stdout)
	if err != nil {
		fmt.Fprintf(os.Stderr, "simulate: seed %d: %v\n", o.Seed, err)
		os.Exit(1)
	}
}
