package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"farebook/starter/inbox"
	"farebook/store"
)

const (
	usualScrubBatch = 500
	maxScrubBatch   = 10_000
)

func scrubEventsCommand() *cobra.Command {
	scrub := inbox.Scrub{}
	var dryRun bool
	command := &cobra.Command{
		Use:   "scrub",
		Short: "Reduce the stored bodies of events to what Farebook reads",
		Long: "Releases before this one stored events as Stripe sent them, with client secrets and what customers typed at Stripe. This " +
			"reduces them in batches. It may be stopped at any time and started again, beside a running API and running workers, and changes " +
			"nothing when it is repeated. Run it once every process has the new release.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if scrub.Batch < 1 || scrub.Batch > maxScrubBatch {
				return misused("invalid --batch %d: must be from 1 to %d", scrub.Batch, maxScrubBatch)
			}
			if scrub.Pause < 0 {
				return misused("invalid --pause: must not be negative")
			}
			return booksCommand(cmd, "events", func(books *store.Store) error {
				scrub.Store = books
				return runScrub(correlated(cmd.Context()), cmd.OutOrStdout(), scrub, dryRun)
			})
		},
	}
	command.Flags().Uint64Var(&scrub.Batch, "batch", usualScrubBatch, fmt.Sprintf("how many event numbers one transaction goes through, 1 to %d", maxScrubBatch))
	command.Flags().DurationVar(&scrub.Pause, "pause", 50*time.Millisecond, "how long to wait between two batches")
	command.Flags().BoolVar(&dryRun, "dry-run", false, "only count the events that would be reduced")
	return command
}

func runScrub(ctx context.Context, out io.Writer, scrub inbox.Scrub, dryRun bool) error {
	count, _, _, err := scrub.Store.UnscrubbedEvents(ctx)
	if err != nil {
		return err
	}
	if dryRun {
		_, err = fmt.Fprintf(out, "%d events would be reduced\n", count)
		return err
	}
	if count > 0 {
		err := scrub.Store.Audit(ctx, store.AuditEntry{
			Actor: actor(ctx), Action: store.ActionEventScrub, Subject: "stripe_events", Detail: fmt.Sprintf("%d events", count),
		})
		if err != nil {
			return err
		}
	}
	scrub.Progress = func(at inbox.ScrubProgress) {
		_, _ = fmt.Fprintf(out, "%d of %d events reduced, up to number %d\n", at.Scrubbed, at.Of, at.Number) // the last line reports errors
	}
	at, err := scrub.Run(ctx)
	if errors.Is(err, context.Canceled) {
		return fmt.Errorf("stopped after %d of %d events; run it again to reduce the rest: %w", at.Scrubbed, at.Of, err)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "done: %d events reduced\n", at.Scrubbed)
	return err
}
