package command

import (
	"cmp"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"farebook/internal/config"
	"farebook/money"
	"farebook/starter/story"
	"farebook/store"
)

func bookingsCommand() *cobra.Command {
	return group("bookings", "Show a booking with its money, or as a story", "bookings show REFERENCE", showBookingCommand())
}

func showBookingCommand() *cobra.Command {
	var format string
	var whole bool
	show := &cobra.Command{
		Use:   "show REFERENCE",
		Short: "Show a booking with its money; with --story, everything that happened to it",
		Long: "Shows where the money of a booking is: captured, refunded, on its way, disputed, and what is left to refund. --story adds what " +
			"the console's page of the booking has: refunds with the reference by which the bank finds them, emails with the mail server's " +
			"answer, matters, other bookings of the same email address, and one timeline of requests, events, postings, emails and comments.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkFormat(format, listFormats); err != nil {
				return err
			}
			cfg, log, err := load(cmd.ErrOrStderr(), "bookings", config.Database, config.Payments)
			if err != nil {
				return err
			}
			return withStore(cmd.Context(), cfg, log, func(books *store.Store) error {
				known, err := findBooking(cmd.Context(), books, args[0])
				if err != nil {
					return err
				}
				read, err := books.Story(cmd.Context(), known, nil)
				if err != nil {
					return err
				}
				told := story.Of(read, story.Options{Operator: true, Live: cfg.Stripe.Live()})
				if format == "json" {
					return printBookingJSON(cmd.OutOrStdout(), told, whole)
				}
				return printBooking(cmd.OutOrStdout(), told, whole)
			})
		},
	}
	show.Flags().BoolVar(&whole, "story", false, "everything that happened to it")
	formatFlag(show, &format, listFormats...)
	return show
}

// shortBooking is a booking without its story.
type shortBooking struct {
	Reference string             `json:"reference"`
	Status    string             `json:"status"`
	Amount    money.Money        `json:"amount"`
	Figures   story.Figures      `json:"figures"`
	Payment   *story.PaymentPart `json:"payment,omitempty"`
	Actions   []story.Action     `json:"actions"`
}

func printBookingJSON(out io.Writer, told story.Story, whole bool) error {
	if whole {
		return printJSON(out, told)
	}
	return printJSON(out, shortBooking{string(told.Reference), string(told.Status), told.Amount, told.Figures, told.Payment, told.Actions})
}

func moneyText(m money.Money) string { return money.Text(m.Value, m.Currency) }

// printBooking prints a booking as tables: facts and figures, and with whole the rest of its story.
func printBooking(out io.Writer, told story.Story, whole bool) error {
	facts := newTable(out, "BOOKING", told.Reference)
	for _, fact := range [][2]any{
		{"status", told.Status},
		{"flight", fmt.Sprintf("%s %s-%s, departs %s", told.Flight.Number, told.Flight.From, told.Flight.To, utc(told.Flight.DepartsAt))},
		{"booked", utc(told.CreatedAt)},
		{"amount", moneyText(told.Amount)},
		{"captured", moneyText(told.Figures.Captured)},
		{"refunded", moneyText(told.Figures.Refunded)},
		{"on its way back", moneyText(told.Figures.Pending)},
		{"disputed", moneyText(told.Figures.Disputed)},
		{"left to refund", moneyText(told.Figures.Refundable)},
	} {
		facts.row(fact[0], fact[1])
	}
	if p := told.Payment; p != nil {
		facts.row("payment", fmt.Sprintf("%s, %s", p.PaymentIntentID, p.Status))
		if p.Advice != nil {
			facts.row("declined", p.DeclineCode+": "+p.Advice.Tell)
		}
	}
	for _, action := range told.Actions {
		facts.row("may "+action.Action, cmp.Or(action.Text, "yes"))
	}
	err := facts.flush()
	if err != nil || !whole {
		return err
	}
	return printStory(out, told)
}

// printStory prints each part of a story that has something.
func printStory(out io.Writer, told story.Story) error {
	refunds := newTable(out, "REFUND", "STATUS", "AMOUNT", "BANK REFERENCE", "WHERE THE MONEY IS")
	for _, refund := range told.Refunds {
		reference := "-"
		if refund.Bank != nil {
			reference = orDash(refund.Bank.Reference)
		}
		refunds.row(refund.ID, refund.Status, moneyText(refund.Amount), reference, refund.Where.Text)
	}
	disputes := newTable(out, "DISPUTE", "STATUS", "AMOUNT", "REASON", "EVIDENCE DUE")
	for _, dispute := range told.Disputes {
		disputes.row(dispute.ID, dispute.Status, moneyText(dispute.Amount), dispute.Reason, timeOrDash(dispute.DueBy))
	}
	matters := newTable(out, "MATTER", "KIND", "OPEN", "TAKEN BY", "TEXT")
	for _, matter := range told.Attention {
		open := "yes"
		if matter.ClosedAt != nil {
			open = "no"
		}
		matters.row(matter.ID, matter.Kind, open, orDash(matter.TakenBy), matter.Text)
	}
	emails := newTable(out, "EMAIL", "KIND", "STATUS", "WRITTEN", "SENT", "ANSWER")
	for _, email := range told.Emails {
		emails.row(email.Number, email.Kind, email.Status, utc(email.WrittenAt), timeOrDash(email.SentAt), cmp.Or(email.Answer, email.LastError))
	}
	others := newTable(out, "SAME ADDRESS", "STATUS", "AMOUNT", "KEPT", "BOOKED", "FLIGHT")
	for _, other := range told.Others {
		others.row(other.Reference, other.Status, moneyText(other.Amount), moneyText(other.Kept), utc(other.CreatedAt), other.Flight)
	}
	timeline := newTable(out, "AT (UTC)", "KIND", "WHAT HAPPENED", "AMOUNT", "ID", "BY")
	for _, moment := range told.Timeline {
		amount := "-"
		if moment.Amount != nil {
			amount = moneyText(*moment.Amount)
		}
		text := moment.Text
		if moment.Alarm {
			text = "! " + text
		}
		timeline.row(moment.At.UTC().Format(time.DateTime), moment.Kind, text, amount, orDash(moment.ID), orDash(moment.By))
	}
	for _, part := range []*table{refunds, disputes, matters, emails, others, timeline} {
		if part.rows == 0 {
			continue
		}
		if err := printText(out, "\n"); err != nil {
			return err
		}
		if err := part.flush(); err != nil {
			return err
		}
	}
	if len(told.ChargedAlso) > 0 {
		return printText(out, "\nThe traveller may have paid twice: see %v\n", told.ChargedAlso)
	}
	return nil
}

func utc(at time.Time) string { return timeOrDash(&at) }
