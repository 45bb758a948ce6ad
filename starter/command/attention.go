package command

import (
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"farebook/starter/api"
	"farebook/starter/view"
	"farebook/store"
)

func attentionCommand() *cobra.Command {
	commands := &cobra.Command{
		Use:   "attention",
		Short: "List, take, comment on and close the matters that need attention",
		Args:  knownCommand,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	commands.AddCommand(listAttentionCommand(), showAttentionCommand(), takeAttentionCommand(), giveBackAttentionCommand(),
		commentAttentionCommand(), closeAttentionCommand())
	return commands
}

func listAttentionCommand() *cobra.Command {
	var flags listFlags
	var in api.AttentionFilters
	var all bool
	list := &cobra.Command{
		Use:   "list",
		Short: "List open matters, newest first",
		Long: "Lists what an operator has to examine. A matter closes automatically when the books show that it is settled, such as a refund " +
			"that succeeded after all or a PaymentIntent that was cancelled. Close the others with attention close. Filters combine.",
		Args: cobra.NoArgs,
	}
	typed := addFilters(list, &in)
	list.Flags().BoolVar(&all, "all", false, "include closed matters, as --state all does")
	list.MarkFlagsMutuallyExclusive("all", "state")
	flags.addNumbered(list)
	list.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := errors.Join(typed.read(""), flags.check(cmd)); err != nil {
			return err
		}
		if all {
			in.State = string(store.AttentionAll)
		}
		if in.Kind != "" && !slices.Contains(store.AttentionKinds, store.AttentionKind(in.Kind)) {
			return misused("invalid --kind %q: must be one of %s", in.Kind, view.AttentionKinds())
		}
		filter, problems := in.Filter(actor(cmd.Context()))
		if err := misusedFilters(problems); err != nil {
			return err
		}
		return booksCommand(cmd, "attention", func(books *store.Store) error {
			if in.Booking != "" {
				known, err := findBooking(cmd.Context(), books, in.Booking)
				if err != nil {
					return err
				}
				filter.Reference = known.Reference
			}
			page, err := readPage(cmd, books, matters, flags, func(after uint64, limit int) ([]store.AttentionItem, error) {
				filter.After, filter.Limit = after, limit
				return books.AttentionItems(cmd.Context(), filter)
			})
			if err != nil {
				return err
			}
			return matters.printPage(cmd, flags, page, map[string]any{})
		})
	}
	return list
}

var matters = listing[store.AttentionItem, view.Matter]{
	name: "matters", header: []any{"MATTER", "BOOKING", "OPENED", "CLOSED", "KIND", "TAKEN BY", "TEXT"},
	show:   view.MatterOf,
	cursor: func(item store.AttentionItem) uint64 { return item.ID },
	cells: func(m view.Matter) []any {
		text, holder := m.Text, m.TakenBy
		if m.ClosedAt != nil {
			holder = ""
		}
		if m.ClosedBy != "" {
			text += fmt.Sprintf(" (%s: %s)", m.ClosedBy, m.Note)
		}
		return []any{m.ID, orDash(m.Booking), m.OpenedAt, timeOrNone(m.ClosedAt), m.Kind, orDash(holder), text}
	},
}

const noSuchMatter = "no matter has the number %d: see attention list"

func matterNumber(text string) (uint64, error) { return listedNumber("matter", "attention list", text) }

func closeAttentionCommand() *cobra.Command {
	var note string
	closing := &cobra.Command{
		Use:   "close MATTER --note TEXT",
		Short: "Close a matter that was dealt with; attention list shows its number",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := matterNumber(args[0])
			if err != nil {
				return err
			}
			if err := checkNote(note); err != nil {
				return err
			}
			ctx := correlated(cmd.Context())
			return booksCommand(cmd, "attention", func(books *store.Store) error {
				err := books.CloseAttention(ctx, id, note, actor(ctx), books.Now())
				if err != nil {
					return orMissing(err, noSuchMatter, id)
				}
				return printText(cmd.OutOrStdout(), "Closed matter %d\n", id)
			})
		},
	}
	closing.Flags().StringVar(&note, "note", "", "what was done or decided")
	return closing
}
