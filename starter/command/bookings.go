package command

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"farebook/booking"
	"farebook/internal/config"
	"farebook/money"
	"farebook/starter/api"
	"farebook/starter/story"
	"farebook/store"
)

func bookingsCommand() *cobra.Command {
	return group("bookings", "List bookings, and show one with its money, or as a story", "bookings list or bookings show REFERENCE",
		listObjects[api.BookingFilters](listedBookings), showBookingCommand())
}

var listedBookings = objects[store.ListFilter, store.Booking, api.ListedBooking]{
	listing: listing[store.Booking, api.ListedBooking]{
		name: "bookings",
		header: []any{
			"BOOKING", "STATUS", "AMOUNT", "FLIGHT", "DEPARTS", "CREATED", "CAPTURED", "REFUNDED", "PAYMENT INTENT", "DECLINE CODE", "CLIENT",
			"ATTENTION", "SUPPLEMENT OF",
		},
		amounts: []int{2, 6, 7},
		show:    api.ListedBookingOf,
		cells:   bookingCells,
	},
	one: "booking", names: "a reference FB-..., a refund's id RF-..., or an id of Stripe's: pi_, ch_, re_, dp_, evt_",
	read: func(ctx context.Context, books *store.Store, f store.ListFilter, p store.Page) (store.Listed[store.Booking], error) {
		return books.ListBookings(ctx, f, p)
	},
	open: func(cmd *cobra.Command, cfg config.Config, books *store.Store, row store.Booking, format string) error {
		return showBooking(cmd, cfg, books, row, format, false)
	},
	needs: []config.Part{config.StripeKeys},
}

// bookingCells leave out who travels: lists are for finding a booking, and are kept in files.
func bookingCells(b api.ListedBooking) []any {
	intent, declined := "-", "-"
	captured, refunded := money.Money{Currency: b.Amount.Currency}, money.Money{Currency: b.Amount.Currency}
	if p := b.Payment; p != nil {
		intent, declined = p.PaymentIntentID, orDash(p.DeclineCode)
		captured.Value, refunded.Value = p.AmountCaptured, p.AmountRefunded
	}
	supplementOf := "-"
	if b.SupplementOf != nil {
		supplementOf = string(b.SupplementOf.Of)
	}
	return []any{
		b.Reference, b.Status, b.Amount, b.Flight.Number, b.Flight.DepartsAt, b.CreatedAt, captured, refunded, intent, declined,
		orDash(b.Client), orDash(b.Attention), supplementOf,
	}
}

func showBookingCommand() *cobra.Command {
	var whole bool
	shown := listedBookings
	shown.find = namedBooking
	shown.open = func(cmd *cobra.Command, cfg config.Config, books *store.Store, row store.Booking, format string) error {
		return showBooking(cmd, cfg, books, row, format, whole)
	}
	show := showObject[api.BookingFilters](shown)
	show.Short = "Show a booking with its money; with --story, everything that happened to it"
	show.Long = "Shows the booking that " + shown.names + " names, and where its money is: captured, refunded, on its way, disputed, and " +
		"what is left to refund. --story adds what the console's page of the booking has: refunds with the reference by which the bank finds " +
		"them, emails with the mail server's answer, matters, further payments, other bookings of the same email address, and one timeline of " +
		"requests, events, postings, emails and comments."
	show.Flags().BoolVar(&whole, "story", false, "everything that happened to it")
	return show
}

// namedBooking finds a booking by its reference, by that of a refund, or by an id of Stripe's.
func namedBooking(ctx context.Context, books *store.Store, text string) (store.Booking, error) {
	if _, err := booking.ParseReference(text); err == nil {
		return findBooking(ctx, books, text)
	}
	return findObject[api.BookingFilters](ctx, books, listedBookings, text)
}

// showBooking prints a booking, with whole as a story.
func showBooking(cmd *cobra.Command, cfg config.Config, books *store.Store, known store.Booking, format string, whole bool) error {
	read, err := books.Story(cmd.Context(), known, nil)
	if err != nil {
		return err
	}
	told := story.Of(read, story.Options{Operator: true, Live: cfg.Stripe.Live()})
	if format == "json" {
		return printBookingJSON(cmd.OutOrStdout(), told, whole)
	}
	return printBooking(cmd.OutOrStdout(), told, whole)
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
	if of := told.SupplementOf; of != nil {
		facts.row("further payment of", string(of.Of)+", for "+of.PurposeText())
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
	supplements := newTable(out, "FURTHER PAYMENT", "STATUS", "AMOUNT", "KEPT", "ASKED FOR", "PURPOSE")
	for _, one := range told.Supplements {
		supplements.row(one.Reference, one.Status, moneyText(one.Amount), moneyText(one.Kept), utc(one.CreatedAt), one.SupplementOf.PurposeText())
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
	for _, part := range []*table{refunds, disputes, matters, emails, supplements, others, timeline} {
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
