package command

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"

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
	var reference, kind string
	var all bool
	list := &cobra.Command{
		Use:   "list",
		Short: "List open matters, newest first",
		Long: "Lists what an operator has to examine. A matter closes automatically when the books show that it is settled, such as a refund " +
			"that succeeded after all or a PaymentIntent that was cancelled. Close the others with attention close.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			filter := store.AttentionFilter{Kind: store.AttentionKind(kind), After: flags.before, Limit: flags.limit}
			if all {
				filter.State = store.AttentionAll
			}
			if filter.Kind != "" && !slices.Contains(store.AttentionKinds, filter.Kind) {
				return misused("invalid --kind %q: must be one of %s", kind, view.AttentionKinds())
			}
			if err := flags.check(cmd); err != nil {
				return err
			}
			return booksCommand(cmd, "attention", func(books *store.Store) error {
				if reference != "" {
					known, err := findBooking(cmd.Context(), books, reference)
					if err != nil {
						return err
					}
					filter.Reference = known.Reference
				}
				items, err := books.AttentionItems(cmd.Context(), filter)
				if err != nil {
					return err
				}
				return matters.print(cmd, flags, items)
			})
		},
	}
	list.Flags().StringVar(&reference, "booking", "", "only matters of the booking with this reference")
	list.Flags().StringVar(&kind, "kind", "", "only matters of this kind, such as refund_failed")
	list.Flags().BoolVar(&all, "all", false, "include closed matters")
	flags.addPages(list)
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
