package imports

import (
	"fmt"
	"time"

	"farebook/booking"
	"farebook/internal/stripeapi"
	"farebook/money"
	"farebook/validation"
)

// judge decides by a booking's PaymentIntent at Stripe whether the booking can be imported, and says what happens to it. take is false
// for one that was closed without money, which has nothing to import. The state in the earlier system matters only where it contradicts
// Stripe: then the row is refused, because only its operators can decide.
func judge(row Row, there stripeapi.Takeover, live bool, now time.Time) (what string, take bool, problems validation.FieldErrors) {
	problems = mismatches(row, there, live)
	if len(problems) > 0 {
		return "", false, problems
	}
	refuse := func(column, problem, fix string) (string, bool, validation.FieldErrors) {
		return "", false, validation.FieldErrors{{Field: column, Problem: problem, Fix: fix}}
	}
	status, departs := there.Payment.PaymentStatus(), row.Request.Flight.DepartsAt
	switch {
	case status == booking.PaymentUnknown:
		return refuse(columnIntent, fmt.Sprintf("is %q at Stripe, which this version does not know", there.Payment.StripeStatus),
			"wait until it has settled")
	case there.Payment.PaidAfter(departs) && (status != booking.PaymentSucceeded || left(there) > 0):
		return refuse(columnDeparts, "is before the payment",
			"refund it in Stripe's dashboard, or correct the departure if the traveller flew later")
	case status == booking.PaymentCanceled && paidThere(row.State):
		return refuse(columnState, fmt.Sprintf("is %s, and the PaymentIntent is cancelled at Stripe: nobody paid", row.State),
			"find out which answer the customer got")
	case status == booking.PaymentCanceled:
		return "closed without money: there is nothing to take over", false, nil
	case status == booking.PaymentSucceeded:
		return judgePaid(row, there)
	case closedThere(row.State):
		return refuse(columnState, fmt.Sprintf("is %s, and the PaymentIntent can still be paid: it is %s at Stripe", row.State,
			there.Payment.StripeStatus),
			"cancel it in Stripe's dashboard")
	case row.State != booking.StatusPendingPayment:
		return refuse(columnState, fmt.Sprintf("is %s, and the PaymentIntent is %s at Stripe: it is not paid", row.State,
			there.Payment.StripeStatus),
			"find out which answer the customer got")
	case row.HoldExpiresAt.IsZero():
		return refuse(columnHold, "is missing", "a booking that is not paid needs it; "+timeFix)
	}
	return open(there.Payment, row.HoldExpiresAt, now), true, nil
}

// mismatches returns the values of a row that differ from its PaymentIntent.
func mismatches(row Row, there stripeapi.Takeover, live bool) (problems validation.FieldErrors) {
	differs := func(column, problem, fix string) {
		problems = append(problems, &validation.FieldError{Field: column, Problem: problem, Fix: fix})
	}
	const compare = "compare the row with the export and with Stripe's dashboard"
	mode := map[bool]string{true: "live", false: "test"}
	if there.Live != live {
		differs(columnIntent, fmt.Sprintf("is of %s mode, and STRIPE_SECRET_KEY of %s mode", mode[there.Live], mode[live]),
			"use the key of the other mode")
	}
	if there.Names != "" && there.Names != row.Reference {
		differs(columnReference, "is not the booking that the PaymentIntent names at Stripe", compare)
	}
	if there.Payment.Currency != row.Request.Amount.Currency {
		differs(columnCurrency, fmt.Sprintf("is %s, and the PaymentIntent is in %s", row.Request.Amount.Currency, there.Payment.Currency),
			compare)
		return problems
	}
	if there.Payment.Amount != row.Request.Amount.Value {
		differs(columnAmount, fmt.Sprintf("is %s, and the PaymentIntent is about %s", format(row.Request.Amount.Value, there),
			format(there.Payment.Amount, there)), compare)
	}
	received := there.Payment.AmountReceived
	if there.Payment.PaymentStatus() == booking.PaymentSucceeded && there.Capture == booking.CaptureAutomatic &&
		received != there.Payment.Amount {
		differs(columnAmount, fmt.Sprintf("is %s, and %s was received", format(row.Request.Amount.Value, there), format(received, there)),
			compare)
	}
	return problems
}

func paidThere(state booking.Status) bool {
	switch state {
	case booking.StatusConfirmed, booking.StatusPartiallyRefunded, booking.StatusRefunded, booking.StatusDisputed:
		return true
	}
	return false
}

func closedThere(state booking.Status) bool {
	switch state {
	case booking.StatusExpired, booking.StatusCancelled, booking.StatusPaymentFailed:
		return true
	}
	return false
}

// judgePaid refuses a booking that the earlier system has closed while a part of its money is neither refunded nor being refunded: its
// operators have to say whether the rest is kept or owed.
func judgePaid(row Row, there stripeapi.Takeover) (string, bool, validation.FieldErrors) {
	rest := left(there)
	if rest > 0 && (closedThere(row.State) || row.State == booking.StatusRefunded) {
		return "", false, validation.FieldErrors{{
			Field: columnState, Problem: fmt.Sprintf("is %s, and %s of the payment is not refunded at Stripe", row.State, format(rest, there)),
			Fix: "refund it in Stripe's dashboard, or write confirmed where the booking is valid or the rest is kept",
		}}
	}
	what := "paid " + format(there.Payment.AmountReceived, there)
	if n := len(there.Refunds); n > 0 {
		what += fmt.Sprintf(", %s left after %s", format(rest, there), counted(n, "refund"))
	}
	if n := len(there.Disputes); n > 0 {
		what += ", " + counted(n, "dispute")
	}
	if row.State == booking.StatusPendingPayment {
		what += ", which the earlier system had not recorded"
	}
	return what, true, nil
}

// left returns the part of a payment that is neither refunded nor being refunded, in minor units.
func left(there stripeapi.Takeover) int64 {
	rest := there.Payment.AmountReceived
	for _, refund := range there.Refunds {
		if refund.Status().Reserves() {
			rest -= refund.Amount
		}
	}
	for _, dispute := range there.Disputes {
		if dispute.State() == booking.DisputeLost {
			rest -= dispute.Amount
		}
	}
	return max(rest, 0)
}

// open says what happens to a booking that is not paid.
func open(s booking.PaymentSnapshot, hold, now time.Time) string {
	switch {
	case s.PaymentStatus() == booking.PaymentAuthorized && s.CaptureBefore.IsZero():
		return "authorised: waits for its capture"
	case s.PaymentStatus() == booking.PaymentAuthorized:
		return "authorised: to be captured before " + day(s.CaptureBefore)
	case s.PaymentStatus() == booking.PaymentProcessing:
		return "being processed by the bank"
	case hold.Before(now):
		return "its hold is over: it expires, and its PaymentIntent is cancelled"
	}
	return "held until " + day(hold)
}

func day(at time.Time) string { return at.UTC().Format(time.RFC3339) }

func format(value int64, there stripeapi.Takeover) string {
	return money.Text(value, there.Payment.Currency)
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
