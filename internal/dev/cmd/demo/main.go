// Command demo shows Farebook at work on a separate stack: a paid booking, a declined card followed by a good one, an expired
// hold, a cancelled booking, refunds, a cancellation after payment, a partial capture, the loss of Temporal with its database, a
// dispute, a payout, three lost events that reconciliation finds, and a seal of the ledger. It prints each step with its ids, the
// ledger and the emails, ends with `starter verify`, and exits with 0 only if every promise held. With -queries, a Prometheus scrapes
// the stack, and every query of deploy/grafana and every alert of deploy/prometheus has to have a value at the end.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"farebook/internal/dev/devstack"
)

// demoTime bounds the run without the start of the stack, because a first start installs and builds servers.
const demoTime = 5 * time.Minute

// holdMinute shortens a hold of one minute to seconds; the other holds are long enough for the whole run.
const holdMinute = "FAREBOOK_HOLD_MINUTE=4s"

// sweep makes the sweeper find work without a workflow within seconds.
const sweep = "SWEEP_INTERVAL=2s"

// lag lets reconciliation report differences immediately, because the whole demonstration takes seconds.
const lag = "RECONCILE_LAG=0s"

func main() {
	queries := flag.Bool("queries", false, "ask Prometheus at the end what every dashboard and alert asks")
	flag.Parse()
	if err := run(*queries); err != nil {
		fmt.Fprintln(os.Stderr, "\ndemo:", err)
		os.Exit(1)
	}
}

func run(queries bool) (err error) {
	if err := devstack.DieWithParent(); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	root, err := devstack.Root()
	if err != nil {
		return err
	}
	if queries {
		if err := devstack.Need(ctx, os.Stdout, "prometheus", "prometheus"); err != nil {
			return err
		}
	}
	fmt.Println("Starting Farebook: MariaDB, Temporal, the Stripe stand-in, the mailbox, worker and API ...")
	stack, err := devstack.Up(ctx, devstack.Options{
		Dir: filepath.Join(root, "var", "demo"), Env: []string{holdMinute, lag, sweep}, Progress: os.Stdout, Prometheus: queries,
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
	if err := d.run(ctx); err != nil {
		return err
	}
	if !queries {
		return nil
	}
	return d.checkQueries(ctx)
}
