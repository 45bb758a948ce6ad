package command

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"farebook/store"
)

// maxEventNote is what the column of an event's note holds.
const maxEventNote = 200

func ignoreEventCommand() *cobra.Command {
	var note string
	ignore := &cobra.Command{
		Use:   "ignore EVENT --note TEXT",
		Short: "Set an event aside after a decision about it",
		Long: "Marks an event as ignored, with a note that says why, so that it is not handed on any more and `starter verify` does not count it " +
			"as waiting. The money that it tells of is not explained by that: `starter verify` names an ignored event for as long as the ledger " +
			"does not have its object and no reconciliation item about it is resolved. `starter events retry` takes it back.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkEventNote(note); err != nil {
				return err
			}
			ctx := correlated(cmd.Context())
			return booksCommand(cmd, "events", func(books *store.Store) error {
				err := books.IgnoreEvent(ctx, args[0], note, actor(ctx), books.Now())
				switch {
				case errors.Is(err, store.ErrNotFound):
					return fmt.Errorf("there is no event %q in the inbox", args[0])
				case errors.Is(err, store.ErrEventProcessed):
					return fmt.Errorf("event %s is processed: there is nothing to ignore", args[0])
				case err != nil:
					return err
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s is %s\n", args[0], store.EventIgnored)
				return err
			})
		},
	}
	ignore.Flags().StringVar(&note, "note", "", "why nothing is to be done about it, without names or addresses")
	return ignore
}

func checkEventNote(note string) error {
	switch {
	case note == "":
		return misused("--note is missing: say why nothing is to be done about the event")
	case utf8.RuneCountInString(note) > maxEventNote:
		return misused("invalid --note: must not be longer than %d characters", maxEventNote)
	case printable(note) != note:
		return misused("invalid --note: must be one line of text without control characters")
	}
	return nil
}
