package command

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"farebook/internal/failpoint"
	"farebook/starter/api"
	"farebook/starter/dispatch"
	"farebook/starter/view"
	"farebook/store"
)

func emailsCommand() *cobra.Command {
	return group("emails", "List and show emails, send one again, and release or drop those that a fence holds",
		"emails list, emails show NUMBER, emails resend NUMBER, emails held, emails release, or emails drop",
		listEmailsCommand(), showEmailCommand(), resendEmailCommand(), heldEmailsCommand(), releaseEmailsCommand(), dropEmailsCommand())
}

func listEmailsCommand() *cobra.Command {
	var flags listFlags
	var in api.EmailFilters
	list := &cobra.Command{
		Use:   "list [REFERENCE]",
		Short: "List emails, newest first, or a booking's, oldest first",
		Long: "Lists emails without their texts and addresses, newest first. Filters combine. With a booking's reference it lists all of its " +
			"emails, oldest first, and ignores all filters.",
		Args: cobra.MaximumNArgs(1),
	}
	typed := addFilters(list, &in)
	flags.addNumbered(list)
	flags.addAll(list)
	list.RunE = func(cmd *cobra.Command, args []string) error {
		if err := errors.Join(typed.read(""), flags.check(cmd)); err != nil {
			return err
		}
		filter, problems := in.Filter()
		if err := misusedFilters(problems); err != nil {
			return err
		}
		return booksCommand(cmd, "emails", func(books *store.Store) error {
			if len(args) > 0 {
				known, err := findBooking(cmd.Context(), books, args[0])
				if err != nil {
					return err
				}
				filter, flags.all = store.EmailFilter{Reference: known.Reference}, true
			}
			page, err := readPage(cmd, books, listedEmails, flags, func(before uint64, limit int) ([]store.ListedEmail, error) {
				filter.Before, filter.Limit = before, limit
				return books.ListEmails(cmd.Context(), filter)
			})
			if err != nil {
				return err
			}
			if len(args) > 0 {
				slices.Reverse(page.rows)
			}
			return listedEmails.printPage(cmd, flags, page, map[string]any{})
		})
	}
	return list
}

func showEmailCommand() *cobra.Command {
	var format string
	show := &cobra.Command{
		Use:   "show NUMBER",
		Short: "Show an email with its text and the mail server's answer; emails list shows its number",
		Long: "Shows an email with its text as the reader gets it now, and what the mail server said when it took it. What depends on the " +
			"state of the booking may differ from what was sent. The address that it is sent to is not shown.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkFormat(format, shownFormats); err != nil {
				return err
			}
			id, err := emailNumber(args[0])
			if err != nil {
				return err
			}
			return booksCommand(cmd, "emails", func(books *store.Store) error { return showEmail(cmd, books, id, format) })
		},
	}
	formatFlag(show, &format, shownFormats...)
	return show
}

func showEmail(cmd *cobra.Command, books *store.Store, id uint64, format string) error {
	listed, err := books.ListedEmail(cmd.Context(), id)
	if err != nil {
		return orMissing(err, noSuchEmail, id)
	}
	email, err := books.Email(cmd.Context(), id)
	if err != nil {
		return orMissing(err, noSuchEmail, id)
	}
	shown, err := view.EmailDetailOf(listed, email)
	if err != nil {
		return err
	}
	out := cmd.OutOrStdout()
	if format == "json" {
		return printJSON(out, shown)
	}
	err = listedEmails.printFacts(out, listed, [][2]any{
		{"audience", shown.Audience},
		{"message id", shown.MessageID},
		{"answer", shown.Answer},
		{"language", shown.Language},
		{"subject", shown.Subject},
	}...)
	for line := range strings.SplitSeq("\n"+strings.TrimSpace(shown.Text), "\n") {
		err = errors.Join(err, printText(out, "%s\n", line))
	}
	return err
}

const noSuchEmail = "no email has the number %d: see emails list"

func emailNumber(text string) (uint64, error) { return listedNumber("email", "emails list", text) }

var listedEmails = listing[store.ListedEmail, view.Email]{
	name: "emails", header: []any{"NUMBER", "KIND", "STATUS", "ATTEMPTS", "WRITTEN", "SENT", "BOOKING", "LAST ERROR"},
	show:   view.EmailOf,
	cursor: func(e store.ListedEmail) uint64 { return e.ID },
	cells: func(email view.Email) []any {
		return []any{
			email.Number, email.Kind, email.Status, email.Attempts, email.WrittenAt, timeOrNone(email.SentAt), orDash(email.Booking),
			email.LastError,
		}
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
			id, err := emailNumber(args[0])
			if err != nil {
				return err
			}
			ctx := correlated(cmd.Context())
			return workflowsCommand(cmd, "emails", func(books *store.Store, dispatcher *dispatch.Client) error {
				copied, err := books.ResendEmail(ctx, id, actor(ctx), books.Now())
				if err != nil {
					return orMissing(err, noSuchEmail, id)
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
