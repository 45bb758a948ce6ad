// Command storm runs a whole Farebook under faults that are drawn from a seed, and checks every promise when they have healed
// (internal/dev/storm). It prints the schedule, a table of kinds and counts, and what it found. The exit status is 1 when a promise was
// broken, 2 when the storm could not be run.
//
//	storm -seed 1 -minutes 2
//	storm -seed 1 -schedule        prints the schedule and exits
//	storm -seed 1 -shrink 6        after a violation, searches a smaller schedule by at most that many replays
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"farebook/internal/dev/devstack"
	"farebook/internal/dev/storm"
)

func main() {
	seed := flag.Uint64("seed", 1, "seed of the random faults and stories")
	minutes := flag.Float64("minutes", 2, "duration of the storm in minutes")
	gap := flag.Duration("gap", time.Second, "average time between two faults")
	travellers := flag.Int("travellers", 8, "number of travellers who book at the same time")
	shrink := flag.Int("shrink", 0, "maximum number of replays that search a smaller schedule after a violation; 0 for none")
	only := flag.Bool("schedule", false, "print the schedule and exit")
	kinds := flag.String("kinds", "", "kinds of faults to draw from, separated by commas (default all)")
	dir := flag.String("dir", "", "directory for data, logs and the journal (default var/storm)")
	flag.Parse()
	plan := storm.Plan{Seed: *seed, Long: time.Duration(*minutes * float64(time.Minute)), Gap: *gap}
	if *kinds != "" {
		plan.Only = strings.Split(*kinds, ",")
	}
	held, err := run(storm.Options{Plan: plan, Travellers: *travellers, Dir: *dir, Progress: os.Stdout}, *shrink, *only)
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "storm:", err)
		os.Exit(2)
	case !held:
		os.Exit(1)
	}
}

func run(o storm.Options, shrink int, only bool) (held bool, err error) {
	if err := devstack.DieWithParent(); err != nil {
		return false, err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	root, err := devstack.Root()
	if err != nil {
		return false, err
	}
	if o.Plan.Points, err = storm.Failpoints(root); err != nil {
		return false, err
	}
	if o.Dir == "" {
		o.Dir = filepath.Join(root, "var", "storm")
	}
	if unknown := o.Plan.Unknown(); len(unknown) > 0 {
		return false, fmt.Errorf("no kind of fault is called %q; the kinds are %s", unknown[0], strings.Join(storm.Kinds(), ", "))
	}
	o.Schedule = storm.Schedule(o.Plan)
	if only {
		for _, fault := range o.Schedule {
			fmt.Println(fault)
		}
		return true, nil
	}
	if o.Disk, err = storm.OwnDisk(filepath.Join(o.Dir, "disk"), diskSize(o.Plan.Long)); err != nil {
		return false, err
	}
	o.Node = storm.FindNode(root)
	result, err := storm.Run(ctx, o)
	if result.Played != nil { // it has begun
		result.Print(os.Stdout, o.Plan)
	}
	if err != nil || len(result.Violations) == 0 || shrink == 0 {
		return len(result.Violations) == 0, err
	}
	least, err := storm.Shrink(ctx, o, shrink)
	fmt.Printf("\nThe smallest schedule that still broke a promise has %d of %d faults:\n", len(least), len(o.Schedule))
	for _, fault := range least {
		fmt.Println(" ", fault)
	}
	return false, err
}

// diskSize is how much MariaDB has for a storm, in bytes: its empty server and schema take 150 MB, and a minute of bookings a few.
func diskSize(long time.Duration) int64 { return 512<<20 + int64(long.Minutes()*(16<<20)) }
