// Command demo runs the main job on its own stack, with real input: a paid booking, a declined card followed by a
// good one, an expired hold, a cancelled booking, refunds, a cancellation after payment, a capture in part, a dispute and
// a payout, Temporal lost with its database in the middle, and three events that are lost and found by reconciliation. It says what happens
// with ids, shows the ledger and the mails, ends with starter verify, and exits with 0
// only if every promise held.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"farebook/internal/dev/devstack"
)

// demoTime bounds the whole run; a first one that installs and builds servers is not counted, as Up has its own context.
const demoTime = 5 * time.Minute

// holdMinute makes the expired hold of one minute last seconds, and leaves the others time enough.
const holdMinute = "FAREBOOK_HOLD_MINUTE=4s"

// sweep has what lost its workflow found within seconds.
const sweep = "SWEEP_INTERVAL=2s"

// lag lets reconciliation report differences immediately, because the whole demonstration takes seconds.
const lag = "RECONCILE_LAG=0s"

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "\ndemo:", err)
		os.Exit(1)
	}
}

func run() (err error) {
	if err := devstack.DieWithParent(); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	root, err := devstack.Root()
	if err != nil {
		return err
	}
	fmt.Println("Bringing up Farebook: MariaDB, Temporal, the Stripe stand-in, the mailbox, worker and API ...")
	stack, err := devstack.Up(ctx, devstack.Options{
		Dir: filepath.Join(root, "var", "demo"), Env: []string{holdMinute, lag, sweep}, Progress: os.Stdout,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stack.Stop()) }()
	ctx, cancel := context.WithTimeout(ctx, demoTime)
	defer cancel()
	d, err := newDemo(ctx, stack)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.store.Close()) }()
	return d.run(ctx)
}
