package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"farebook/internal/dev/bigbooks"
	"farebook/internal/dev/growth"
	"farebook/internal/dev/measured"
)

// benchDays is how many days the books of the benchmark cover. They cover fewer if bookings a day would fall below UsualPerDay: unfinished
// work would then be so old that the promises do not hold.
const benchDays = 730

// bench fills books, measures every function of the store on them, prints the table, and writes it into a document if one is named.
func bench(ctx context.Context, bookings, rounds int, document string) error {
	server, err := newServer(ctx)
	if err != nil {
		return err
	}
	defer server.close()
	about := measured.Machine()
	filling := time.Now()
	books, err := server.fill(ctx, bigbooks.Options{
		Bookings: bookings, PerDay: max(bigbooks.UsualPerDay, bookings/benchDays), Progress: bigbooks.PrintProgress(os.Stdout),
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
	return measured.Write(document, "make bench-growth", text)
}
