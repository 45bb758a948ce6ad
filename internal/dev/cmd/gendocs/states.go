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
	out.WriteString("A transition that is not drawn here is refused with `IllegalTransitionError`, " +
		"in the transaction that holds the row's lock. A row\n" +
		"may always keep its state, because the same event can arrive twice. Yellow states wait, green states have their money in place,\n" +
		"and red states ended without it or need an operator.\n")
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
	story: "A decline does not change a booking, which stays payable until its hold ends. " +
		"The status of a paid booking follows its money: what\n" +
		"refunds and lost disputes returned, whether a dispute is open, and whether the booking was cancelled. A refund can fail after it\n" +
		"succeeded, and a dispute can be won, so the paid states lead to one another. Money that arrives for a booking that is\n" +
		"`payment_failed`, `expired` or was `cancelled` before payment changes the payment and the ledger, but not the booking: it is\n" +
		"refunded automatically. A further payment of a booking has the same states under its own reference, and ends with its booking.",
	table: booking.BookingTransitions,
	states: []state[booking.Status]{
		{booking.StatusPendingPayment, waiting, "held and payable until the hold ends, also after a decline; or authorised and not captured yet"},
		{booking.StatusConfirmed, good, "paid: the captured money is in the ledger"},
		{booking.StatusPartiallyRefunded, good, "a part of the money was returned"},
		{booking.StatusRefunded, good, "all of the money was returned, by refunds or by a lost dispute"},
		{booking.StatusDisputed, bad, "the cardholder disputes the charge: the bank withholds the money"},
		{booking.StatusCancelled, bad, "cancelled before payment, or after it and nothing was returned yet"},
		{booking.StatusPaymentFailed, bad, "no PaymentIntent could be created, or somebody else cancelled it at Stripe"},
		{booking.StatusExpired, bad, "the hold ended without a payment, the authorisation ended, or the flight had departed before the payment"},
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
			booking.StatusConfirmed: "won", booking.StatusCancelled: "won after a cancellation",
			booking.StatusPartiallyRefunded: "decided, part refunded", booking.StatusRefunded: "lost, or decided after a full refund",
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
	story: "Events arrive in any order, and each makes Farebook read the PaymentIntent at " +
		"Stripe, so every transition between open states is\n" +
		"legal. A payment that has succeeded stays so: a stale answer changes nothing.",
	table: booking.PaymentTransitions,
	states: []state[booking.PaymentStatus]{
		{booking.PaymentPending, waiting, "no payment method yet, or one that is not confirmed"},
		{booking.PaymentRequiresAction, waiting, "the customer has to authenticate (3-D Secure)"},
		{booking.PaymentProcessing, waiting, "the bank has not answered"},
		{booking.PaymentAuthorized, waiting, "held on the card, not captured"},
		{booking.PaymentFailed, waiting, "the last attempt was declined; another may follow"},
		{booking.PaymentUnknown, waiting, "Stripe reports a status that this version does not know"},
		{booking.PaymentSucceeded, good, "the money is captured"},
		{booking.PaymentCanceled, bad, "it can no longer be paid; only late money changes it"},
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
	story: "A refund's amount is reserved under the booking's lock before Farebook asks " +
		"Stripe. The ledger follows Stripe's balance and not\n" +
		"these states: a refund is posted when the balance has paid for it, and its failure when the money is back.",
	table: booking.RefundTransitions,
	states: []state[booking.RefundStatus]{
		{booking.RefundRequested, waiting, "reserved in the books, not at Stripe yet; with a `failureReason`, Stripe refuses to make it for now"},
		{booking.RefundPending, waiting, "at Stripe: on its way, or waiting for the balance"},
		{booking.RefundRequiresAction, waiting, "the customer must act to receive it"},
		{
			booking.RefundUnknown, waiting,
			"Stripe reports a status that this version does not know: an operator is informed, and the amount stays reserved",
		},
		{booking.RefundSucceeded, good, "sent to the customer's bank; it can fail later"},
		{booking.RefundFailed, bad, "refused permanently, or returned by the bank: its amount may be refunded again. A refused refund that is " +
			"found at Stripe becomes `requested` first"},
		{booking.RefundCanceled, bad, "canceled at Stripe: its amount may be refunded again"},
	},
	causes: map[booking.RefundStatus]map[booking.RefundStatus]string{
		booking.RefundRequested: {
			booking.RefundPending:        "accepted by Stripe",
			booking.RefundRequiresAction: "the customer must act",
			booking.RefundSucceeded:      "completed at once",
			booking.RefundFailed:         "refused",
			booking.RefundCanceled:       "canceled",
			booking.RefundUnknown:        "unknown status",
		},
		booking.RefundUnknown: {
			booking.RefundPending: "status known", booking.RefundRequiresAction: "status known", booking.RefundSucceeded: "completed",
			booking.RefundFailed:   "refused",
			booking.RefundCanceled: "canceled",
		},
		booking.RefundPending: {
			booking.RefundUnknown:        "unknown status",
			booking.RefundRequiresAction: "the customer must act",
			booking.RefundSucceeded:      "completed",
			booking.RefundFailed:         "refused by the bank",
			booking.RefundCanceled:       "canceled",
		},
		booking.RefundRequiresAction: {
			booking.RefundUnknown:   "unknown status",
			booking.RefundPending:   "the customer acted",
			booking.RefundSucceeded: "completed",
			booking.RefundFailed:    "no reply, or refused",
			booking.RefundCanceled:  "canceled",
		},
		booking.RefundSucceeded: {booking.RefundFailed: "returned by the bank"},
	},
}

var disputes = machine[booking.DisputeStatus]{
	name: "Dispute",
	story: "These are Stripe's states. Those that begin with `warning` are inquiries, for " +
		"which no money is withheld. A decided dispute never\n" +
		"becomes open again: a snapshot that says so is stale and ignored. A card network may reverse a decision.",
	table: booking.DisputeTransitions,
	states: []state[booking.DisputeStatus]{
		{booking.DisputeWarningNeedsResponse, waiting, "an inquiry; evidence is requested"},
		{booking.DisputeWarningUnderReview, waiting, "an inquiry; the bank reviews the evidence"},
		{booking.DisputeWarningClosed, good, "an inquiry that ended without a dispute"},
		{booking.DisputeNeedsResponse, bad, "the money is withheld; evidence is due"},
		{booking.DisputeUnderReview, waiting, "the money is withheld; the bank decides"},
		{
			booking.DisputeUnknown, bad,
			"Stripe reports a status that this version does not know: an operator is informed; the money may be withheld",
		},
		{booking.DisputeWon, good, "the money and Stripe's fee come back"},
		{booking.DisputeLost, bad, "the money is lost as a chargeback"},
	},
	causes: disputeCauses(),
}

// disputeCauses labels each transition by its target, because the same event leads to a state from every other one.
func disputeCauses() map[booking.DisputeStatus]map[booking.DisputeStatus]string {
	by := map[booking.DisputeStatus]string{
		booking.DisputeWarningNeedsResponse: "evidence requested again", booking.DisputeWarningUnderReview: "evidence submitted",
		booking.DisputeWarningClosed: "inquiry closed",
		booking.DisputeNeedsResponse: "becomes a dispute", booking.DisputeUnderReview: "evidence submitted",
		booking.DisputeWon:  "decided for the merchant",
		booking.DisputeLost: "decided against the merchant", booking.DisputeUnknown: "unknown status",
	}
	causes := map[booking.DisputeStatus]map[booking.DisputeStatus]string{}
	for from, targets := range booking.DisputeTransitions {
		causes[from] = map[booking.DisputeStatus]string{}
		for _, to := range targets {
			causes[from][to] = by[to]
		}
	}
	causes[booking.DisputeWon][booking.DisputeLost] = "decision reversed"
	causes[booking.DisputeLost][booking.DisputeWon] = "decision reversed"
	return causes
}

var payouts = machine[booking.PayoutStatus]{
	name: "Payout",
	story: "These are Stripe's states. The ledger moves the money to the bank account " +
		"when Stripe's balance has paid for it, some days before\n" +
		"it arrives, and moves it back when the payout fails.",
	table: booking.PayoutTransitions,
	states: []state[booking.PayoutStatus]{
		{booking.PayoutPending, waiting, "created, not sent to the bank yet"},
		{booking.PayoutInTransit, waiting, "on its way to the bank"},
		{
			booking.PayoutUnknown, waiting,
			"Stripe reports a status that this version does not know: finance gets an email, and each reconciliation reports it",
		},
		{booking.PayoutPaid, good, "arrived at the bank, as far as Stripe knows; it can fail within five business days"},
		{booking.PayoutFailed, bad, "returned by the bank: the money is at Stripe again"},
		{booking.PayoutCanceled, bad, "canceled before it left: the money is at Stripe again"},
	},
	causes: map[booking.PayoutStatus]map[booking.PayoutStatus]string{
		booking.PayoutPending: {
			booking.PayoutInTransit: "sent", booking.PayoutPaid: "arrived", booking.PayoutFailed: "refused", booking.PayoutCanceled: "canceled",
			booking.PayoutUnknown: "unknown status",
		},
		booking.PayoutUnknown: {
			booking.PayoutPending: "status known", booking.PayoutInTransit: "sent", booking.PayoutPaid: "arrived", booking.PayoutFailed: "refused",
			booking.PayoutCanceled: "canceled",
		},
		booking.PayoutInTransit: {
			booking.PayoutUnknown: "unknown status", booking.PayoutPaid: "arrived", booking.PayoutFailed: "refused",
			booking.PayoutCanceled: "canceled",
		},
		booking.PayoutPaid: {booking.PayoutFailed: "returned by the bank"},
	},
}

// stripeStatuses is the table of Stripe's statuses and the payment's states, computed by the code that records them.
func stripeStatuses() string {
	var out strings.Builder
	out.WriteString("\nThe payment's state by the `status` of its PaymentIntent:\n\n| at Stripe | in Farebook |\n|---|---|\n")
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
