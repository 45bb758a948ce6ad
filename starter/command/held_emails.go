package command

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"farebook/store"
)

func heldEmailsCommand() *cobra.Command {
	var flags listFlags
	held := &cobra.Command{
		Use:   "held",
		Short: "List the emails that a fence holds, oldest first",
		Long: "An email is held if it was queued before the fence was raised or while it was up: it may have been sent before the database was " +
			"restored. Release emails that were not sent, and drop those that were.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := flags.check(cmd); err != nil {
				return err
			}
			return booksCommand(cmd, "emails", func(books *store.Store) error {
				all, err := allOf(0, func(after uint64) ([]store.HeldEmail, error) {
					return books.HeldEmails(cmd.Context(), after, listPage)
				}, func(e store.HeldEmail) uint64 { return e.ID })
				if err != nil {
					return err
				}
				return heldEmails.print(cmd, flags, all)
			})
		},
	}
	flags.add(held)
	return held
}

type shownHeldEmail struct {
	Number    uint64    `json:"number"`
	Booking   string    `json:"booking,omitempty"`
	Kind      string    `json:"kind"`
	WrittenAt time.Time `json:"writtenAt"`
}

var heldEmails = listing[store.HeldEmail, shownHeldEmail]{
	name: "emails", header: []any{"NUMBER", "BOOKING", "KIND", "WRITTEN"},
	show: func(e store.HeldEmail) shownHeldEmail { return shownHeldEmail{e.ID, e.Reference, e.Kind, e.CreatedAt} },
	cells: func(e shownHeldEmail) []any {
		return []any{e.Number, e.Booking, e.Kind, e.WrittenAt}
	},
}

func releaseEmailsCommand() *cobra.Command {
	return decideEmailsCommand("release", "Send held emails that were not sent",
		"Queues the emails; the API's next sweep sends them. Refused while a fence is up.", "Released", (*store.Store).ReleaseEmails)
}

func dropEmailsCommand() *cobra.Command {
	return decideEmailsCommand("drop", "Drop held emails that were already sent",
		"Sends nothing; the note says why. emails resend sends a dropped email after all.", "Dropped", (*store.Store).DropEmails)
}

// decision releases or drops held emails.
type decision func(*store.Store, context.Context, store.HeldDecision) (int64, error)

func decideEmailsCommand(verb, short, long, done string, decide decision) *cobra.Command {
	var all bool
	var note string
	cmd := &cobra.Command{
		Use:   verb + " NUMBER... --note TEXT",
		Short: short,
		Long:  long,
		RunE: func(cmd *cobra.Command, args []string) error {
			ids, err := emailNumbers(args, all)
			if err != nil {
				return err
			}
			if err := checkNote(note); err != nil {
				return err
			}
			ctx := correlated(cmd.Context())
			return booksCommand(cmd, "emails", func(books *store.Store) error {
				changed, err := decide(books, ctx, store.HeldDecision{IDs: ids, Note: note, By: actor(ctx), Now: books.Now()})
				if err != nil {
					return err
				}
				if changed == 0 {
					return errors.New("no email with these numbers is held: see emails held")
				}
				return printText(cmd.OutOrStdout(), "%s %d emails\n", done, changed)
			})
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "all held emails")
	cmd.Flags().StringVar(&note, "note", "", "how you know whether they were sent")
	return cmd
}

func emailNumbers(args []string, all bool) ([]uint64, error) {
	if all == (len(args) > 0) {
		return nil, misused("name emails by the numbers that emails held shows, or use --all")
	}
	ids := make([]uint64, len(args))
	for i, arg := range args {
		id, err := listedNumber("email", "emails held", arg)
		if err != nil {
			return nil, err
		}
		ids[i] = id
	}
	return ids, nil
}
