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
		Short: "Reduce the stored bodies of events to the fields that Farebook reads",
		Long: "Older releases stored events as Stripe sent them, with client secrets and what customers typed at Stripe. This reduces them in " +
			"batches, while API and workers run. It can be interrupted and repeated at any time. Run it after every process has the new release.",
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
	command.Flags().Uint64Var(&scrub.Batch, "batch", usualScrubBatch,
		fmt.Sprintf("event numbers in one transaction, from 1 to %d", maxScrubBatch))
	command.Flags().DurationVar(&scrub.Pause, "pause", 50*time.Millisecond, "pause between two batches")
	command.Flags().BoolVar(&dryRun, "dry-run", false, "count the events that would be reduced, and change nothing")
	return command
}

func runScrub(ctx context.Context, out io.Writer, scrub inbox.Scrub, dryRun bool) error {
	count, _, _, err := scrub.Store.UnscrubbedEvents(ctx)
	if err != nil {
		return err
	}
	if dryRun {
		_, err = fmt.Fprintf(out, "Would reduce %d events\n", count)
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
		// the last line reports a broken pipe
		_, _ = fmt.Fprintf(out, "Reduced %d of %d events, up to number %d\n", at.Scrubbed, at.Of, at.Number)
	}
	at, err := scrub.Run(ctx)
	if errors.Is(err, context.Canceled) {
		return fmt.Errorf("interrupted after %d of %d events; repeat the command to reduce the rest: %w", at.Scrubbed, at.Of, err)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "Done: reduced %d events\n", at.Scrubbed)
	return err
}
