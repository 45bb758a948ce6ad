package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"farebook/booking"
)

func states() string {
	var out strings.Builder
	out.WriteString("# States\n\n" + generated)
	out.WriteString("What is not drawn here is refused with an `IllegalTransition`. Staying where one is, is always legal.\n")
	machine(&out, "Booking", string(booking.StatusPendingPayment), booking.BookingTransitions, map[booking.Status]string{
		booking.StatusPendingPayment:    "held; payable until the hold ends, also after a decline",
		booking.StatusConfirmed:         "paid: the captured money is in the ledger",
		booking.StatusPaymentFailed:     "no PaymentIntent could be made, or it was cancelled at Stripe by somebody else",
		booking.StatusExpired:           "the hold ended unpaid",
		booking.StatusCancelled:         "cancelled before payment",
		booking.StatusPartiallyRefunded: "some of the money went back (with refunds, to come)",
		booking.StatusRefunded:          "all of the money went back (with refunds, to come)",
		booking.StatusDisputed:          "the cardholder disputes the charge (with disputes, to come)",
	})
	out.WriteString("\nMoney that comes for a booking that is `payment_failed`, `expired` or `cancelled` changes the payment and the\n" +
		"ledger, not the booking: it is flagged `refund_due`.\n")
	machine(&out, "Payment", string(booking.PaymentPending), booking.PaymentTransitions, map[booking.PaymentStatus]string{
		booking.PaymentPending:        "Stripe: `requires_payment_method` or `requires_confirmation`",
		booking.PaymentRequiresAction: "Stripe: `requires_action`; the customer has to authenticate",
		booking.PaymentProcessing:     "Stripe: `processing`; the bank has not answered",
		booking.PaymentAuthorized:     "Stripe: `requires_capture`",
		booking.PaymentSucceeded:      "Stripe: `succeeded`; final",
		booking.PaymentFailed:         "Stripe: `requires_payment_method` with a decline; another attempt may follow",
		booking.PaymentCanceled:       "Stripe: `canceled`; only late money leads on",
		booking.PaymentUnknown:        "Stripe says something that this version does not know",
	})
	machine(&out, "Refund", string(booking.RefundRequested), booking.RefundTransitions, map[booking.RefundStatus]string{
		booking.RefundRequested: "reserved here, not at Stripe yet (with refunds, to come)",
		booking.RefundPending:   "at Stripe, on its way",
		booking.RefundSucceeded: "with the customer; can fail later",
		booking.RefundFailed:    "the money is back at Stripe",
	})
	return out.String()
}

func machine[S ~string](out *strings.Builder, name, first string, table map[S][]S, meaning map[S]string) {
	fmt.Fprintf(out, "\n## %s\n\n```mermaid\nstateDiagram-v2\n    [*] --> %s\n", name, first)
	states := slices.Sorted(maps.Keys(table))
	for _, from := range states {
		for _, to := range slices.Sorted(slices.Values(table[from])) {
			fmt.Fprintf(out, "    %s --> %s\n", from, to)
		}
	}
	out.WriteString("```\n\n| state | what it means | may become |\n|---|---|---|\n")
	for _, from := range states {
		targets := make([]string, 0, len(table[from]))
		for _, to := range slices.Sorted(slices.Values(table[from])) {
			targets = append(targets, "`"+string(to)+"`")
		}
		next := strings.Join(targets, ", ")
		if next == "" {
			next = "nothing: it is final"
		}
		fmt.Fprintf(out, "| `%s` | %s | %s |\n", from, meaning[from], next)
	}
}
