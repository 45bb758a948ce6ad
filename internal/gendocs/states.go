package main

import (
	"fmt"
	"strings"

	"farebook/booking"
)

func statesPage() (string, error) {
	var out strings.Builder
	out.WriteString("# States\n\n" + generated)
	out.WriteString("What is not drawn here is refused with an `IllegalTransition`, in the transaction that holds the row's lock. Staying\n" +
		"where one is, is always legal: the same news may come twice. Yellow waits, green has its money in place, red ended\n" +
		"without it or wants a person's look.\n")
	if err := bookings.write(&out); err != nil {
		return "", err
	}
	if err := payments.write(&out); err != nil {
		return "", err
	}
	out.WriteString(stripeStatuses())
	if err := refunds.write(&out); err != nil {
		return "", err
	}
	return out.String(), nil
}

var bookings = machine[booking.Status]{
	name: "Booking",
	story: "A decline does not move a booking: it stays payable until its hold ends. Money that comes for a booking that is\n" +
		"`payment_failed`, `expired` or `cancelled` changes the payment and the ledger, not the booking: it is flagged `refund_due`.",
	table: booking.BookingTransitions,
	states: []state[booking.Status]{
		{booking.StatusPendingPayment, waiting, "held; payable until the hold ends, also after a decline"},
		{booking.StatusConfirmed, good, "paid: the captured money is in the ledger"},
		{booking.StatusPaymentFailed, bad, "no PaymentIntent could be made, or it was cancelled at Stripe by somebody else"},
		{booking.StatusExpired, bad, "the hold ended unpaid"},
		{booking.StatusCancelled, bad, "cancelled before payment"},
		{booking.StatusDisputed, bad, "the cardholder disputes the charge (with disputes, to come)"},
		{booking.StatusPartiallyRefunded, good, "some of the money went back (with refunds, to come)"},
		{booking.StatusRefunded, good, "all of the money went back (with refunds, to come)"},
	},
	causes: map[booking.Status]map[booking.Status]string{
		booking.StatusPendingPayment: {
			booking.StatusConfirmed:     "payment succeeded",
			booking.StatusPaymentFailed: "refused or cancelled by Stripe",
			booking.StatusExpired:       "hold ended",
			booking.StatusCancelled:     "customer or operator",
		},
		booking.StatusConfirmed: {
			booking.StatusDisputed:          "dispute opened",
			booking.StatusPartiallyRefunded: "part refunded",
			booking.StatusRefunded:          "all refunded",
		},
		booking.StatusPartiallyRefunded: {
			booking.StatusDisputed: "dispute opened",
			booking.StatusRefunded: "rest refunded",
		},
		booking.StatusRefunded: {booking.StatusDisputed: "dispute opened"},
		booking.StatusDisputed: {
			booking.StatusConfirmed:         "won",
			booking.StatusPartiallyRefunded: "won, part refunded before",
			booking.StatusRefunded:          "lost, or refunded before",
		},
	},
}

var payments = machine[booking.PaymentStatus]{
	name: "Payment",
	story: "Events come in any order and each PaymentIntent is read again at Stripe, so between the open states every way is legal.\n" +
		"What has succeeded stays: a stale answer moves nothing backwards.",
	table: booking.PaymentTransitions,
	states: []state[booking.PaymentStatus]{
		{booking.PaymentPending, waiting, "no card yet, or one that is not confirmed"},
		{booking.PaymentRequiresAction, waiting, "the customer has to authenticate (3-D Secure)"},
		{booking.PaymentProcessing, waiting, "the bank has not answered"},
		{booking.PaymentAuthorized, waiting, "held on the card, not captured"},
		{booking.PaymentFailed, waiting, "the last attempt was declined; another may follow"},
		{booking.PaymentUnknown, waiting, "Stripe says something that this version does not know"},
		{booking.PaymentSucceeded, good, "the money is captured"},
		{booking.PaymentCanceled, bad, "nothing more can be paid; only late money leads on"},
	},
	causes: map[booking.PaymentStatus]map[booking.PaymentStatus]string{
		booking.PaymentPending: {
			booking.PaymentSucceeded: "captured",
			booking.PaymentCanceled:  "hold ended, or cancelled",
		},
		booking.PaymentCanceled: {booking.PaymentSucceeded: "late money"},
	},
}

var refunds = machine[booking.RefundStatus]{
	name:  "Refund",
	story: "The table is there; refunds themselves are to come.",
	table: booking.RefundTransitions,
	states: []state[booking.RefundStatus]{
		{booking.RefundRequested, waiting, "reserved here, not at Stripe yet"},
		{booking.RefundPending, waiting, "at Stripe, on its way"},
		{booking.RefundSucceeded, good, "with the customer; can fail later"},
		{booking.RefundFailed, bad, "the money is back at Stripe"},
	},
	causes: map[booking.RefundStatus]map[booking.RefundStatus]string{
		booking.RefundRequested: {
			booking.RefundPending:   "taken by Stripe",
			booking.RefundSucceeded: "done at once",
			booking.RefundFailed:    "refused",
		},
		booking.RefundPending: {
			booking.RefundSucceeded: "done",
			booking.RefundFailed:    "refused by the bank",
		},
		booking.RefundSucceeded: {booking.RefundFailed: "sent back by the bank"},
	},
}

// stripeStatuses shows how Stripe's words become ours, by asking the code.
func stripeStatuses() string {
	var out strings.Builder
	out.WriteString("\nHow Stripe's `status` of a PaymentIntent becomes ours:\n\n| at Stripe | here |\n|---|---|\n")
	for _, row := range []struct{ status, decline, shown string }{
		{"requires_payment_method", "", "`requires_payment_method`"},
		{"requires_payment_method", "card_declined", "`requires_payment_method` with a `last_payment_error`"},
		{"requires_confirmation", "", "`requires_confirmation`"},
		{"requires_action", "", "`requires_action`"},
		{"processing", "", "`processing`"},
		{"requires_capture", "", "`requires_capture`"},
		{"succeeded", "", "`succeeded`"},
		{"canceled", "", "`canceled`"},
		{"", "", "anything else"},
	} {
		snapshot := booking.PaymentSnapshot{StripeStatus: row.status, DeclineCode: row.decline}
		fmt.Fprintf(&out, "| %s | `%s` |\n", row.shown, snapshot.PaymentStatus())
	}
	return out.String()
}
