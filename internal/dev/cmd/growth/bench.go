package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"farebook/internal/dev/bigbooks"
	"farebook/internal/dev/growth"
)

// The books of the benchmark are two years long, and shorter if fewer bookings a day than usualPerDay follow from that: work that is not
// done would be so old then that the promises do not hold.
const (
	benchDays   = 730
	usualPerDay = 400
)

// bench fills books, measures every function of the store on them, prints the table, and writes it into a document if one is named.
func bench(ctx context.Context, bookings, rounds int, document string) error {
	server, err := newServer(ctx)
	if err != nil {
		return err
	}
	defer server.close()
	about := machine()
	filling := time.Now()
	books, err := server.fill(ctx, bigbooks.Options{
		Bookings: bookings, PerDay: max(usualPerDay, bookings/benchDays), Progress: func(table string, rows int64, took time.Duration) {
			fmt.Printf("%-22s %10d rows  %7.1f s\n", table, rows, took.Seconds())
		},
	})
	if err != nil {
		return err
	}
	filled := time.Since(filling)
	facts, err := server.facts(ctx, books)
	if err != nil {
		return err
	}
	made, failed := growth.Measure(ctx, books.admin, books.app, bookings, rounds)
	text := fmt.Sprintf("Measured on %s with `make bench-growth BOOKINGS=%d`: %s; %s. Filled in %.0f s.\n\n%s", time.Now().UTC().Format(time.DateOnly),
		bookings, about, facts, filled.Seconds(), growth.Markdown(made))
	if failed != nil {
		text += "\nNot measured:\n\n- " + strings.ReplaceAll(failed.Error(), "\n", "\n- ") + "\n"
	}
	fmt.Print("\n" + text)
	if document == "" {
		return nil
	}
	known, err := os.ReadFile(document)
	if err != nil {
		return err
	}
	written, err := growth.Insert(string(known), text)
	if err != nil {
		return fmt.Errorf("%s: %w", document, err)
	}
	return os.WriteFile(document, []byte(written), 0o644) //nolint:gosec // a document of the repository
}
