package command

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"farebook/internal/failpoint"
	"farebook/starter/dispatch"
	"farebook/starter/view"
	"farebook/store"
)

func emailsCommand() *cobra.Command {
	return group("emails", "List a booking's emails, send one again, and release or drop those that a fence holds",
		"emails list REFERENCE, emails resend NUMBER, emails held, emails release, or emails drop",
		listEmailsCommand(), resendEmailCommand(), heldEmailsCommand(), releaseEmailsCommand(), dropEmailsCommand())
}

func listEmailsCommand() *cobra.Command {
	var flags listFlags
	list := &cobra.Command{
		Use:   "list REFERENCE",
		Short: "List a booking's emails, oldest first",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := flags.check(cmd); err != nil {
				return err
			}
			return booksCommand(cmd, "emails", func(books *store.Store) error {
				known, err := findBooking(cmd.Context(), books, args[0])
				if err != nil {
					return err
				}
				emails, err := books.ListEmails(cmd.Context(), store.EmailFilter{Reference: known.Reference, Limit: maxListed})
				if err != nil {
					return err
				}
				slices.Reverse(emails)
				return listedEmails.print(cmd.OutOrStdout(), flags, emails)
			})
		},
	}
	flags.add(list)
	return list
}

var listedEmails = listing[store.ListedEmail, view.Email]{
	name: "emails", header: []any{"NUMBER", "KIND", "STATUS", "ATTEMPTS", "WRITTEN", "SENT", "LAST ERROR"},
	show: view.EmailOf,
	cells: func(email view.Email) []any {
		sent := "-"
		if email.SentAt != nil {
			sent = email.SentAt.Format(time.RFC3339)
		}
		return []any{email.Number, email.Kind, email.Status, email.Attempts, email.WrittenAt.Format(time.RFC3339), sent, email.LastError}
	},
}

func resendEmailCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "resend NUMBER",
		Short: "Send an email again; emails list shows its number",
		Long: "Sends a copy with its own Message-ID, to the original recipient and with the original amounts. An email that is still queued is " +
			"sent unchanged.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := strconv.ParseUint(args[0], 10, 63)
			if err != nil {
				return misused("invalid email %q: must be a number shown by emails list REFERENCE", args[0])
			}
			ctx := correlated(cmd.Context())
			return workflowsCommand(cmd, "emails", func(books *store.Store, dispatcher *dispatch.Client) error {
				copied, err := books.ResendEmail(ctx, id, actor(ctx), books.Now())
				if err != nil {
					return orMissing(err, "no email has the number %d: see emails list REFERENCE", id)
				}
				failpoint.Hit("resend-after-copy")
				if err := sendCopy(cmd.Context(), books, dispatcher, copied); err != nil {
					return fmt.Errorf("email %d is queued, but its workflow was not started; the API's next sweep starts it: %w", copied, err)
				}
				failpoint.Hit("resend-after-start")
				return printText(cmd.OutOrStdout(), "Sending email %d again as email %d\n", id, copied)
			})
		},
	}
}

func sendCopy(ctx context.Context, books *store.Store, dispatcher *dispatch.Client, id uint64) error {
	email, err := books.Email(ctx, id)
	if err != nil {
		return err
	}
	return dispatcher.SendCopy(ctx, email)
}
