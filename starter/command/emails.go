package command

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"farebook/internal/correlation"
	"farebook/internal/failpoint"
	"farebook/starter/dispatch"
	"farebook/store"
)

func emailsCommand() *cobra.Command {
	return group("emails", "List a booking's mails, send one again, and decide about those that a fence holds",
		"emails list REFERENCE, emails resend NUMBER, emails held, emails release, or emails drop",
		listEmailsCommand(), resendEmailCommand(), heldEmailsCommand(), releaseEmailsCommand(), dropEmailsCommand())
}

func listEmailsCommand() *cobra.Command {
	var flags listFlags
	list := &cobra.Command{
		Use:   "list REFERENCE",
		Short: "List a booking's mails, oldest first",
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
				mails, err := books.EmailsOf(cmd.Context(), known.ID)
				if err != nil {
					return err
				}
				return listedEmails.print(cmd.OutOrStdout(), flags, mails)
			})
		},
	}
	flags.add(list)
	return list
}

type shownEmail struct {
	Number    uint64     `json:"number"`
	Kind      string     `json:"kind"`
	Status    string     `json:"status"`
	Attempts  int        `json:"attempts"`
	WrittenAt time.Time  `json:"writtenAt"`
	SentAt    *time.Time `json:"sentAt,omitempty"`
	MessageID string     `json:"messageId"`
	LastError string     `json:"lastError,omitempty"`
}

var listedEmails = listing[store.Email, shownEmail]{
	name: "emails", header: []any{"NUMBER", "KIND", "STATUS", "ATTEMPTS", "WRITTEN", "SENT", "LAST ERROR"},
	show: func(mail store.Email) shownEmail {
		return shownEmail{mail.ID, string(mail.Kind), mail.Status, mail.Attempts, mail.CreatedAt, mail.SentAt, mail.MessageID, mail.LastError}
	},
	cells: func(mail shownEmail) []any {
		sent := "-"
		if mail.SentAt != nil {
			sent = mail.SentAt.Format(time.RFC3339)
		}
		return []any{mail.Number, mail.Kind, mail.Status, mail.Attempts, mail.WrittenAt.Format(time.RFC3339), sent, mail.LastError}
	},
}

func resendEmailCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "resend NUMBER",
		Short: "Send a mail again, as emails list numbers it",
		Long: "Sends a copy with its own Message-ID, to whom the mail was for and with the amounts of then. A mail that is still queued is " +
			"sent as it is.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := strconv.ParseUint(args[0], 10, 63)
			if err != nil {
				return misused("%q is no mail's number: see emails list REFERENCE", args[0])
			}
			ctx := correlated(cmd.Context())
			return workflowsCommand(cmd, "emails", func(books *store.Store, w *dispatch.Client) error {
				copied, err := books.ResendEmail(ctx, id, actor(ctx), books.Now())
				if errors.Is(err, store.ErrNotFound) {
					return fmt.Errorf("there is no mail %d: see emails list REFERENCE", id)
				}
				if err != nil {
					return err
				}
				failpoint.Hit("resend-after-copy")
				if err := sendCopy(cmd.Context(), books, w, copied); err != nil {
					return fmt.Errorf("mail %d is queued, and the API's next sweep sends it: its workflow was not started: %w", copied, err)
				}
				failpoint.Hit("resend-after-start")
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "mail %d goes out as number %d\n", id, copied)
				return err
			})
		},
	}
}

// sendCopy starts the sending under the correlation id of the mail, as the first time. The command's own is in the audit log.
func sendCopy(ctx context.Context, books *store.Store, w *dispatch.Client, id uint64) error {
	mail, err := books.Email(ctx, id)
	if err != nil {
		return err
	}
	return w.SendEmail(correlation.With(ctx, mail.CorrelationID()), id)
}
