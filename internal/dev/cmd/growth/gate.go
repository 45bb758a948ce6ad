package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"farebook/internal/dev/bigbooks"
	"farebook/internal/dev/growth"
)

// errGrows says that the gate has printed what is wrong.
var errGrows = errors.New("a function grows")

// gate compares books of two sizes.
func gate(ctx context.Context, small, large, perDay, rounds int) error {
	server, err := newServer(ctx)
	if err != nil {
		return err
	}
	defer server.close()
	now := time.Now()
	sizes := map[int][]growth.Call{}
	var problems []string
	for _, size := range []int{small, large} {
		filling := time.Now()
		books, err := server.fill(ctx, bigbooks.Options{Bookings: size, PerDay: perDay, Now: now})
		if err != nil {
			return err
		}
		measuring := time.Now()
		if sizes[size], err = growth.Measure(ctx, books.admin, books.app, size, rounds); err != nil {
			problems = append(problems, err.Error())
		}
		fmt.Printf("%d bookings: filled in %.0f s, measured in %.0f s\n", size, measuring.Sub(filling).Seconds(), time.Since(measuring).Seconds())
	}
	compared := growth.Compare(sizes[small], sizes[large], growth.AllowedToGrow)
	if err := growth.Print(os.Stdout, compared, small, large); err != nil {
		return err
	}
	problems = slices.Concat(problems, growth.Failures(compared), growth.Uncalled(sizes[small]))
	for _, problem := range problems {
		fmt.Println("\n" + problem)
	}
	if len(problems) > 0 {
		return errGrows
	}
	return nil
}
