package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"farebook/booking"
)

func (b *bookingPayment) describe(ctx workflow.Context) {
	lines := []string{
		fmt.Sprintf("**Booking %s** is `%s`, its payment `%s`.\n", b.in.Reference, b.status, orDash(b.payment)),
		fmt.Sprintf("- PaymentIntent: `%s`", orDash(b.intentID)),
		"- Hold ends: " + b.in.HoldExpiresAt.UTC().Format(time.RFC3339),
		fmt.Sprintf("- Correlation id: `%s`", b.in.CorrelationID),
		"- Waiting for: " + b.waitingFor(),
	}
	if b.refundDue {
		lines = append(lines, "- **Refund due**: the payment succeeded after the booking was closed.")
	}
	if !b.captureBefore.IsZero() {
		lines = append(lines, "- Authorised, not captured; the authorisation expires: "+b.captureBefore.UTC().Format(time.RFC3339))
	}
	if b.emails.abandoned > 0 {
		lines = append(lines, fmt.Sprintf("- Emails abandoned: %d (see table `emails`)", b.emails.abandoned))
	}
	setDetails(ctx, lines...)
}

func (b *bookingPayment) waitingFor() string {
	if b.status == booking.StatusPendingPayment {
		return b.waitingForPayment()
	}
	switch {
	case b.emails.inFlight > 0:
		return "the mail server"
	case b.feePending:
		return "Stripe's fee, which is in the charge's balance transaction"
	default:
		return "nothing: the workflow is done"
	}
}

func (b *bookingPayment) waitingForPayment() string {
	switch b.payment {
	case booking.PaymentProcessing:
		return "Stripe, which is processing the payment"
	case booking.PaymentAuthorized:
		return "a capture, a cancel, or the end of the authorisation"
	case booking.PaymentRequiresAction:
		return "the customer's authentication of the payment, a cancel, or the end of the hold"
	case booking.PaymentFailed:
		return "another attempt by the customer after a decline, a cancel, or the end of the hold"
	default:
		return "the customer's payment, a cancel, or the end of the hold"
	}
}
