package evidence

import (
	"fmt"
	"strings"
	"time"

	"farebook/booking"
	"farebook/money"
)

// Suggest proposes texts for the answer to a dispute: what the books know, in plain English, which every bank reads. Somebody completes and
// submits them.
func (b Bundle) Suggest() booking.EvidenceTexts {
	currency := b.Sold.Amount.Currency
	texts := booking.EvidenceTexts{
		"customer_name":          b.Sold.Customer.Name,
		"customer_email_address": b.Sold.Customer.Email,
		"access_activity_log":    b.activity(),
	}
	if departs := b.Sold.Flight.DepartsAt; !departs.IsZero() { // a booking that was rebuilt from Stripe has no flight
		texts["service_date"], texts["product_description"] = minute(departs), b.product()
	}
	lines := []string{fmt.Sprintf("Payment: %s were captured and %s were refunded (%s).", money.Text(b.Sold.Captured, currency),
		money.Text(b.Sold.Refunded, currency), b.Stripe.PaymentIntent)}
	for _, email := range b.Emails {
		if email.SentAt != nil {
			lines = append(lines, fmt.Sprintf("Email %q was accepted by the customer's mail server on %s (Message-ID %s).",
				strings.ReplaceAll(string(email.Kind), "_", " "), minute(*email.SentAt), email.MessageID))
		}
	}
	if b.Sold.CancelledAt != nil {
		refused := fmt.Sprintf("The booking was cancelled on %s, and the policy that was quoted before it gives back %d %%.",
			minute(*b.Sold.CancelledAt), percent(b.Sold.CancelPercent))
		texts["refund_refusal_explanation"] = refused
		lines = append(lines, refused)
	}
	texts["uncategorized_text"] = strings.Join(lines, "\n")
	return texts.Present()
}

func (b Bundle) product() string {
	flight := b.Sold.Flight
	passengers := make([]string, len(flight.Passengers))
	for i, passenger := range flight.Passengers {
		passengers[i] = passenger.Name
	}
	return fmt.Sprintf("Flight %s from %s to %s, departing on %s, for %s. Booked on %s under the reference %s for %s.",
		flight.Number, flight.From, flight.To, minute(flight.DepartsAt), strings.Join(passengers, ", "), minute(b.Sold.BookedAt), b.Reference,
		b.Sold.Amount.Format(money.LocaleEN))
}

func percent(of *int) int {
	if of == nil {
		return 0
	}
	return *of
}

func minute(at time.Time) string { return at.UTC().Format("2 January 2006, 15:04 UTC") }

// maxActivity keeps the log far below what Stripe takes.
const maxActivity = 100

// activity is the timeline, the first lines of it, without the names of the staff.
func (b Bundle) activity() string {
	var lines []string
	for _, moment := range b.Timeline {
		if strings.HasPrefix(moment.What, "requested by ") {
			continue
		}
		lines = append(lines, strings.TrimSpace(moment.At.UTC().Format("2006-01-02 15:04:05 UTC")+" "+moment.What+" "+moment.ID))
	}
	return strings.Join(lines[:min(len(lines), maxActivity)], "\n")
}
