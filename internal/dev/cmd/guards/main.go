// Command guards removes each guard of the list in internal/dev/guards, one at a time, and runs the tests that have to notice. It fails
// when one does not. Results are kept in a file, so that a run that was interrupted continues.
//
//	guards -part 1/4 -only '^store' -results var/guards/results.jsonl
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"syscall"

	"farebook/internal/dev/guards"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "guards:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("guards", flag.ContinueOnError)
	only := flags.String("only", "", "regular expression that names of guards have to match")
	part := flags.String("part", "", "which part of the list, as 2/4")
	sample := flags.Bool("sample", false, "one guard of each package whose tests need no server")
	again := flags.Bool("again", false, "run those too whose result is kept")
	path := flags.String("results", "var/guards/results.jsonl", "the file of results")
	if err := flags.Parse(args); err != nil {
		return err
	}
	by, err := selection(*only, *part)
	if err != nil {
		return err
	}
	by.Sample = *sample
	kept, err := guards.OpenKept(*path)
	if err != nil {
		return err
	}
	root, err := os.Getwd()
	if err != nil {
		return err
	}
	scratch, err := os.MkdirTemp("", "guards-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(scratch) }() // a temporary folder
	return all(ctx, &guards.Runner{Root: root, Scratch: scratch, Kept: kept}, guards.Select(guards.List(), by), *again)
}

func selection(only, part string) (by guards.Selection, err error) {
	if by.Names, err = regexp.Compile(only); err != nil {
		return by, fmt.Errorf("invalid -only: %w", err)
	}
	if part == "" {
		return by, nil
	}
	n, err := fmt.Sscanf(part, "%d/%d", &by.Part, &by.Of)
	if err != nil || n != 2 || by.Part < 1 || by.Part > by.Of {
		return by, errors.New("invalid -part: must be PART/PARTS, such as 2/4")
	}
	return by, nil
}

// all runs guards one after the other and prints a line for each. Error: some were not caught.
func all(ctx context.Context, runner *guards.Runner, selected []guards.Listed, again bool) error {
	counts := map[guards.Outcome]int{}
	for _, guard := range selected {
		digest, err := runner.Digest(guard)
		if err != nil {
			return err
		}
		result, known := runner.Kept.Find(guard.Name, digest)
		if !known || again || result.Outcome == guards.Broken {
			if result, err = runner.Run(ctx, guard); err != nil {
				return err
			}
			result.Digest = digest
			if err := runner.Kept.Add(result); err != nil {
				return err
			}
		}
		counts[result.Outcome]++
		fmt.Printf("%-10s %5.1f s  %-44s %s\n", result.Outcome, result.Seconds, result.Name, result.By)
	}
	fmt.Printf("%d guards: %d caught, %d missed, %d equivalent, %d broken\n", len(selected), counts[guards.Caught], counts[guards.Missed],
		counts[guards.Equivalent], counts[guards.Broken])
	if wrong := counts[guards.Missed] + counts[guards.Broken]; wrong > 0 {
		return fmt.Errorf("%d guards were not caught: write the test that fails without them, or correct the list", wrong)
	}
	return nil
}
