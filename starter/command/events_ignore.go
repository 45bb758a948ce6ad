package command

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"farebook/starter/view"
	"farebook/store"
)

func ignoreEventCommand() *cobra.Command {
	var note string
	ignore := &cobra.Command{
		Use:   "ignore EVENT --note TEXT",
		Short: "Ignore an event, with a note that says why",
		Long: "Marks an event as ignored, with a note that says why. It is no longer processed, and `starter verify` does not count it as " +
			"waiting. This does not account for its money: `starter verify` reports an ignored event until the ledger has its object or a " +
			"reconciliation item about it is resolved. `starter events retry` undoes it.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkEventNote(note); err != nil {
				return err
			}
			ctx := correlated(cmd.Context())
			return booksCommand(cmd, "events", func(books *store.Store) error {
				err := books.IgnoreEvent(ctx, args[0], note, actor(ctx), books.Now())
				switch {
				case errors.Is(err, store.ErrEventProcessed):
					return fmt.Errorf("event %s was processed: there is nothing to ignore", args[0])
				case err != nil:
					return noSuchEvent(args[0], err)
				}
				return printText(cmd.OutOrStdout(), "Ignored event %s\n", args[0])
			})
		},
	}
	ignore.Flags().StringVar(&note, "note", "", "why nothing has to be done about it, without names or addresses")
	return ignore
}

func checkEventNote(note string) error {
	if note == "" {
		return misused("--note is missing: say why nothing has to be done about the event")
	}
	if err := view.CheckEventNote(note); err != nil {
		return misused("invalid --note: %w", err)
	}
	return nil
}
