package main

import (
	"errors"
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
	if err := errors.Join(refunds.write(&out), disputes.write(&out), payouts.write(&out)); err != nil {
		return "", err
	}
	return out.String(), nil
}

var bookings = machine[booking.Status]{
	name: "Booking",
	story: "A decline does not move a booking: it stays payable until its hold ends. One that was paid follows its money, to and fro: what\n" +
		"went back by refunds and by disputes that were lost, whether a dispute is open, and whether it was cancelled. A refund may fail\n" +
		"after it succeeded, and a dispute may be won, so the paid states lead to one another. Money that comes for a booking\n" +
		"that is `payment_failed`, `expired` or was `cancelled` before payment changes the payment and the ledger, not the booking: it goes\n" +
		"back by itself.",
	table: booking.BookingTransitions,
	states: []state[booking.Status]{
		{booking.StatusPendingPayment, waiting, "held; payable until the hold ends, also after a decline; or authorised and not captured"},
		{booking.StatusConfirmed, good, "paid: the captured money is in the ledger"},
		{booking.StatusPartiallyRefunded, good, "some of the money went back"},
		{booking.StatusRefunded, good, "all of the money went back, by refunds or by a dispute that was lost"},
		{booking.StatusDisputed, bad, "the cardholder disputes the charge: the bank withholds the money"},
		{booking.StatusCancelled, bad, "cancelled: before payment, or after it with nothing gone back yet"},
		{booking.StatusPaymentFailed, bad, "no PaymentIntent could be made, or it was cancelled at Stripe by somebody else"},
		{booking.StatusExpired, bad, "the hold ended unpaid, an authorisation ran out, or the flight had left when it was paid"},
	},
	causes: map[booking.Status]map[booking.Status]string{
		booking.StatusPendingPayment: {
			booking.StatusConfirmed:     "payment succeeded",
			booking.StatusPaymentFailed: "refused or cancelled by Stripe",
			booking.StatusExpired:       "hold ended, or departed",
			booking.StatusCancelled:     "customer or operator",
		},
		booking.StatusConfirmed: {
			booking.StatusCancelled: "under the refund policy", booking.StatusPartiallyRefunded: "part refunded",
			booking.StatusRefunded: "all refunded", booking.StatusDisputed: "dispute opened",
		},
		booking.StatusPartiallyRefunded: {
			booking.StatusConfirmed: "its refund failed", booking.StatusCancelled: "its refund failed",
			booking.StatusRefunded: "rest refunded", booking.StatusDisputed: "dispute opened",
		},
		booking.StatusRefunded: {
			booking.StatusConfirmed: "its refund failed", booking.StatusCancelled: "its refund failed",
			booking.StatusPartiallyRefunded: "one of its refunds failed", booking.StatusDisputed: "dispute opened",
		},
		booking.StatusDisputed: {
			booking.StatusConfirmed: "won", booking.StatusCancelled: "won, cancelled before",
			booking.StatusPartiallyRefunded: "decided, part refunded", booking.StatusRefunded: "lost, or refunded before",
		},
		booking.StatusCancelled: {
			booking.StatusPartiallyRefunded: "part refunded",
			booking.StatusRefunded:          "all refunded",
			booking.StatusDisputed:          "dispute opened",
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
	name: "Refund",
	story: "A refund's amount is reserved under the booking's lock before Stripe hears of it. The ledger does not follow these states but\n" +
		"Stripe's balance: a refund is posted when the balance has paid for it, and its failure when the money is back.",
	table: booking.RefundTransitions,
	states: []state[booking.RefundStatus]{
		{booking.RefundRequested, waiting, "reserved here, not at Stripe yet; with a `failureReason`, Stripe refuses to make it for now"},
		{booking.RefundPending, waiting, "at Stripe, on its way, or waiting for the balance"},
		{booking.RefundRequiresAction, waiting, "the customer has to do something to get it"},
		{booking.RefundUnknown, waiting, "Stripe says something that this version does not know: shown to a person, and reserved until it is known"},
		{booking.RefundSucceeded, good, "with the customer's bank; can fail later"},
		{booking.RefundFailed, bad, "refused for good, or sent back by the bank: its amount may be refunded again. One that was refused and turns up at Stripe is requested again first"},
		{booking.RefundCanceled, bad, "stopped at Stripe: its amount may be refunded again"},
	},
	causes: map[booking.RefundStatus]map[booking.RefundStatus]string{
		booking.RefundRequested: {
			booking.RefundPending:        "taken by Stripe",
			booking.RefundRequiresAction: "the customer is asked",
			booking.RefundSucceeded:      "done at once",
			booking.RefundFailed:         "refused",
			booking.RefundCanceled:       "stopped",
			booking.RefundUnknown:        "not known",
		},
		booking.RefundUnknown: {
			booking.RefundPending: "known", booking.RefundRequiresAction: "known", booking.RefundSucceeded: "done", booking.RefundFailed: "refused",
			booking.RefundCanceled: "stopped",
		},
		booking.RefundPending: {
			booking.RefundUnknown:        "not known",
			booking.RefundRequiresAction: "the customer is asked",
			booking.RefundSucceeded:      "done",
			booking.RefundFailed:         "refused by the bank",
			booking.RefundCanceled:       "stopped",
		},
		booking.RefundRequiresAction: {
			booking.RefundUnknown:   "not known",
			booking.RefundPending:   "the customer has answered",
			booking.RefundSucceeded: "done",
			booking.RefundFailed:    "never answered, or refused",
			booking.RefundCanceled:  "stopped",
		},
		booking.RefundSucceeded: {booking.RefundFailed: "sent back by the bank"},
	},
}

var disputes = machine[booking.DisputeStatus]{
	name: "Dispute",
	story: "Stripe's own states. Those that begin with `warning` are inquiries: no money is withheld. What was decided is never open again;\n" +
		"an answer that says so is older news. A network may turn a decision round.",
	table: booking.DisputeTransitions,
	states: []state[booking.DisputeStatus]{
		{booking.DisputeWarningNeedsResponse, waiting, "an inquiry that waits for evidence"},
		{booking.DisputeWarningUnderReview, waiting, "an inquiry that the bank looks at"},
		{booking.DisputeWarningClosed, good, "an inquiry that ended without a dispute"},
		{booking.DisputeNeedsResponse, bad, "the money is withheld; evidence is due"},
		{booking.DisputeUnderReview, waiting, "the money is withheld; the bank decides"},
		{booking.DisputeUnknown, bad, "Stripe says something that this version does not know: shown to a person; the money may be withheld"},
		{booking.DisputeWon, good, "the money comes back, and Stripe's fee"},
		{booking.DisputeLost, bad, "the money is a chargeback"},
	},
	causes: disputeCauses(),
}

// disputeCauses: what leads to a dispute's state is the same wherever it comes from.
func disputeCauses() map[booking.DisputeStatus]map[booking.DisputeStatus]string {
	by := map[booking.DisputeStatus]string{
		booking.DisputeWarningNeedsResponse: "asked again", booking.DisputeWarningUnderReview: "evidence given", booking.DisputeWarningClosed: "the bank lets it be",
		booking.DisputeNeedsResponse: "becomes formal", booking.DisputeUnderReview: "evidence given", booking.DisputeWon: "the bank decides for us",
		booking.DisputeLost: "the bank decides against us", booking.DisputeUnknown: "not known",
	}
	causes := map[booking.DisputeStatus]map[booking.DisputeStatus]string{}
	for from, targets := range booking.DisputeTransitions {
		causes[from] = map[booking.DisputeStatus]string{}
		for _, to := range targets {
			causes[from][to] = by[to]
		}
	}
	causes[booking.DisputeWon][booking.DisputeLost] = "turned round"
	causes[booking.DisputeLost][booking.DisputeWon] = "turned round"
	return causes
}

var payouts = machine[booking.PayoutStatus]{
	name: "Payout",
	story: "Stripe's own states. The ledger moves the money to the bank when Stripe's balance has paid for it, some days before it arrives,\n" +
		"and back when it failed.",
	table: booking.PayoutTransitions,
	states: []state[booking.PayoutStatus]{
		{booking.PayoutPending, waiting, "made, not sent to the bank yet"},
		{booking.PayoutInTransit, waiting, "on its way to the bank"},
		{booking.PayoutUnknown, waiting, "Stripe says something that this version does not know: an error in the log, and an item of each reconciliation"},
		{booking.PayoutPaid, good, "at the bank, as far as Stripe knows; can fail within five business days"},
		{booking.PayoutFailed, bad, "sent back by the bank: the money is at Stripe again"},
		{booking.PayoutCanceled, bad, "stopped before it left: the money is at Stripe again"},
	},
	causes: map[booking.PayoutStatus]map[booking.PayoutStatus]string{
		booking.PayoutPending: {
			booking.PayoutInTransit: "sent", booking.PayoutPaid: "arrived", booking.PayoutFailed: "refused", booking.PayoutCanceled: "stopped",
			booking.PayoutUnknown: "not known",
		},
		booking.PayoutUnknown: {
			booking.PayoutPending: "known", booking.PayoutInTransit: "sent", booking.PayoutPaid: "arrived", booking.PayoutFailed: "refused",
			booking.PayoutCanceled: "stopped",
		},
		booking.PayoutInTransit: {booking.PayoutUnknown: "not known", booking.PayoutPaid: "arrived", booking.PayoutFailed: "refused", booking.PayoutCanceled: "stopped"},
		booking.PayoutPaid:      {booking.PayoutFailed: "sent back"},
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
