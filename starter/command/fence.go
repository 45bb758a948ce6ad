package command

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"farebook/store"
)

func fenceCommand() *cobra.Command {
	return group("fence", "Stop all money while the books may miss what Stripe has",
		"fence raise --reason TEXT, fence status, or fence lower --note TEXT",
		raiseFenceCommand(), fenceStatusCommand(), lowerFenceCommand())
}

// maxFenceReason, in bytes, limits a text that callers of the API read.
const maxFenceReason = 200

func raiseFenceCommand() *cobra.Command {
	var reason string
	raise := &cobra.Command{
		Use:   "raise --reason TEXT",
		Short: "Raise the fence, after a restore of the database and before API and workers start",
		Long: "While the fence is up, bookings, captures, cancellations and refunds are refused with 503 and the reason. Reads and webhooks " +
			"work. Workers search for what was created at Stripe but request nothing, and no email is sent. Raise it after the restore, which " +
			"would remove it, or set FENCE for API and workers. See docs/disaster.md.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if reason == "" || len(reason) > maxFenceReason {
				return misused("invalid --reason: must have 1 to %d bytes; callers of the API read it", maxFenceReason)
			}
			ctx := correlated(cmd.Context())
			return booksCommand(cmd, "fence", func(books *store.Store) error {
				fence, raised, err := books.RaiseFence(ctx, store.NewFence{Reason: reason, By: actor(ctx), Now: books.Now()})
				if err != nil {
					return err
				}
				if !raised {
					return fmt.Errorf("a fence is already up, since %s: %s", fence.RaisedAt.Format(time.RFC3339), fence.Reason)
				}
				held, err := books.CountHeldEmails(ctx)
				if err != nil {
					return err
				}
				return printText(cmd.OutOrStdout(), "Raised fence %d: no money moves. Emails held: %d\n", fence.ID, held)
			})
		},
	}
	raise.Flags().StringVar(&reason, "reason", "", "why no money may move; callers of the API read it")
	return raise
}

func fenceStatusCommand() *cobra.Command {
	var format string
	var limit int
	status := &cobra.Command{
		Use:   "status",
		Short: "Show whether a fence is up, and earlier fences",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := errors.Join(checkFormat(format, shownFormats), checkLimit(limit)); err != nil {
				return err
			}
			return booksCommand(cmd, "fence", func(books *store.Store) error {
				fences, err := books.Fences(cmd.Context(), limit)
				if err != nil {
					return err
				}
				held, err := books.CountHeldEmails(cmd.Context())
				if err != nil {
					return err
				}
				return printFences(cmd.OutOrStdout(), fences, held, format)
			})
		},
	}
	status.Flags().IntVar(&limit, "limit", 10, fmt.Sprintf("number of fences, from 1 to %d", maxListed))
	formatFlag(status, &format, shownFormats...)
	return status
}

func printFences(out io.Writer, fences []store.Fence, held int64, format string) error {
	up := len(fences) > 0 && fences[0].LoweredAt == nil
	if format == "json" {
		return printFencesJSON(out, fences, up, held)
	}
	table := newTable(out, "FENCE", "RAISED", "BY", "LOWERED", "BY", "REASON")
	for _, fence := range fences {
		lowered := "-"
		if fence.LoweredAt != nil {
			lowered = fence.LoweredAt.Format(time.RFC3339)
		}
		table.row(fence.ID, fence.RaisedAt.Format(time.RFC3339), fence.RaisedBy, lowered, cmp.Or(fence.LoweredBy, "-"), fence.Reason)
		for _, line := range fold(fence.Evidence, usualWidth) {
			table.row("", "", "", "", "", line)
		}
	}
	if err := table.flush(); err != nil {
		return err
	}
	state := "No fence is up."
	if up {
		state = "The fence is up: no money moves."
	}
	return printText(out, "\n%s Emails held: %d\n", state, held)
}

func printFencesJSON(out io.Writer, fences []store.Fence, up bool, held int64) error {
	type fence struct {
		ID        uint64     `json:"id"`
		RaisedAt  time.Time  `json:"raisedAt"`
		RaisedBy  string     `json:"raisedBy"`
		Reason    string     `json:"reason"`
		Evidence  string     `json:"evidence,omitempty"`
		LoweredAt *time.Time `json:"loweredAt,omitempty"`
		LoweredBy string     `json:"loweredBy,omitempty"`
		Note      string     `json:"note,omitempty"`
	}
	shown := struct {
		Up         bool    `json:"up"`
		HeldEmails int64   `json:"heldEmails"`
		Fences     []fence `json:"fences"`
	}{up, held, make([]fence, len(fences))}
	for i, f := range fences {
		shown.Fences[i] = fence(f)
	}
	return printJSON(out, shown)
}

func lowerFenceCommand() *cobra.Command {
	var note string
	lower := &cobra.Command{
		Use:   "lower --note TEXT",
		Short: "Lower the fence, once the books have what Stripe has",
		Long: "Money moves again. Held emails stay held until emails release or emails drop. If FENCE is set for API or workers, unset it " +
			"first: otherwise they raise the fence again.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkNote(note); err != nil {
				return err
			}
			ctx := correlated(cmd.Context())
			return booksCommand(cmd, "fence", func(books *store.Store) error {
				fence, err := books.LowerFence(ctx, note, actor(ctx), books.Now())
				if errors.Is(err, store.ErrNotFound) {
					return errors.New("no fence is up: see fence status")
				}
				if err != nil {
					return err
				}
				held, err := books.CountHeldEmails(ctx)
				if err != nil {
					return err
				}
				return printText(cmd.OutOrStdout(), "Lowered fence %d. Emails held: %d\n", fence.ID, held)
			})
		},
	}
	lower.Flags().StringVar(&note, "note", "", "what was done, and why money may move again")
	return lower
}
