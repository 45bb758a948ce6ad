package command

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"farebook/booking"
	"farebook/store"
)

func attentionCommand() *cobra.Command {
	attention := &cobra.Command{
		Use:   "attention",
		Short: "List and close what a person has to look at",
		Args:  knownCommand,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	attention.AddCommand(listAttentionCommand(), closeAttentionCommand())
	return attention
}

func listAttentionCommand() *cobra.Command {
	var filter store.AttentionFilter
	var reference, format string
	list := &cobra.Command{
		Use:   "list",
		Short: "List open matters, the newest first",
		Long: "Lists what a person has to look at. A matter closes when it is settled, as far as the books can know that: a refund that went " +
			"through after all, a PaymentIntent that was cancelled. The others are closed with attention close.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkFormat(format, listFormats); err != nil {
				return err
			}
			if err := checkLimit(filter.Limit); err != nil {
				return err
			}
			return booksCommand(cmd, "attention", func(books *store.Store) error {
				if reference != "" {
					known, err := ownerless(cmd.Context(), books, reference)
					if err != nil {
						return err
					}
					filter.Reference = known.Reference
				}
				items, err := books.AttentionItems(cmd.Context(), filter)
				if err != nil {
					return err
				}
				return printAttention(cmd.OutOrStdout(), items, filter.Limit, format)
			})
		},
	}
	list.Flags().StringVar(&reference, "booking", "", "about this booking: its reference")
	list.Flags().BoolVar(&filter.Closed, "all", false, "closed ones, too")
	pageFlags(list, &filter.Limit, &filter.Before)
	formatFlag(list, &format, listFormats...)
	return list
}

// matter is an attention item for people and programs.
type matter struct {
	ID       uint64            `json:"id"`
	Booking  booking.Reference `json:"booking,omitempty"`
	Kind     string            `json:"kind"`
	Subject  string            `json:"subject,omitempty"`
	Text     string            `json:"text"`
	OpenedAt time.Time         `json:"openedAt"`
	ClosedAt *time.Time        `json:"closedAt,omitempty"`
	ClosedBy string            `json:"closedBy,omitempty"`
	Note     string            `json:"note,omitempty"`
}

func printAttention(out io.Writer, items []store.AttentionItem, limit int, format string) error {
	shown := make([]matter, len(items))
	for i, item := range items {
		shown[i] = matter{item.ID, item.Reference, string(item.Kind), item.Subject, item.Text, item.OpenedAt, item.ClosedAt, item.ClosedBy, item.Note}
	}
	if format == "json" {
		return printJSON(out, shown)
	}
	table := newTable(out, "MATTER", "BOOKING", "OPENED", "CLOSED", "KIND", "TEXT")
	for _, m := range shown {
		closed, text := "", m.Text
		if m.ClosedAt != nil {
			closed = m.ClosedAt.Format(time.RFC3339)
		}
		if m.ClosedBy != "" {
			text += fmt.Sprintf(" (%s: %s)", m.ClosedBy, m.Note)
		}
		table.row(m.ID, m.Booking, m.OpenedAt.Format(time.RFC3339), closed, m.Kind, text)
	}
	if err := table.flush(); err != nil || len(shown) < limit {
		return err
	}
	_, err := fmt.Fprintf(out, "\nThere may be more: --before %d\n", shown[len(shown)-1].ID)
	return err
}

func closeAttentionCommand() *cobra.Command {
	var note string
	closing := &cobra.Command{
		Use:   "close MATTER --note TEXT",
		Short: "Record that a person has dealt with a matter, as attention list numbers it",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := strconv.ParseUint(args[0], 10, 64)
			if err != nil {
				return misused("%q is no matter's number: see attention list", args[0])
			}
			if err := checkNote(note); err != nil {
				return err
			}
			ctx := asked(cmd.Context())
			return booksCommand(cmd, "attention", func(books *store.Store) error {
				err := books.CloseAttention(ctx, id, note, actor(ctx), time.Now().UTC())
				if errors.Is(err, store.ErrNotFound) {
					return fmt.Errorf("there is no matter %d: see attention list", id)
				}
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "matter %d is closed\n", id)
				return err
			})
		},
	}
	closing.Flags().StringVar(&note, "note", "", "what was done, or decided")
	return closing
}
