package workflows

import (
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"farebook/booking"
)

// describe writes the current details that an operator reads at the top of the workflow's page in the Temporal UI.
func (b *bookingPayment) describe(ctx workflow.Context) {
	lines := []string{
		fmt.Sprintf("**Booking %s** is `%s`, its payment `%s`.\n", b.in.Reference, b.status, orDash(string(b.payment))),
		fmt.Sprintf("- PaymentIntent: `%s`", orDash(b.intentID)),
		"- Hold until: " + b.in.HoldExpiresAt.UTC().Format(time.RFC3339),
		fmt.Sprintf("- Correlation id: `%s`", b.in.CorrelationID),
		"- Waiting for: " + b.waitingFor(),
	}
	if b.refundDue {
		lines = append(lines, "- **Refund due**: money came for a booking that was closed already.")
	}
	if b.mails.givenUp > 0 {
		lines = append(lines, fmt.Sprintf("- Mails given up: %d (see table `emails`)", b.mails.givenUp))
	}
	workflow.SetCurrentDetails(ctx, strings.Join(lines, "\n"))
}

func (b *bookingPayment) waitingFor() string {
	switch {
	case b.status == booking.StatusPendingPayment && b.payment == booking.PaymentProcessing:
		return "Stripe, which is processing the payment"
	case b.status == booking.StatusPendingPayment && b.payment == booking.PaymentRequiresAction:
		return "the customer, who has to authenticate the payment; a cancel; or the end of the hold"
	case b.status == booking.StatusPendingPayment && b.payment == booking.PaymentFailed:
		return "another attempt of the customer after a decline; a cancel; or the end of the hold"
	case b.status == booking.StatusPendingPayment:
		return "the customer's payment; a cancel; or the end of the hold"
	case b.mails.inFlight > 0:
		return "the mail server"
	case b.feePending:
		return "Stripe's fee, which comes with the charge's balance transaction"
	default:
		return "nothing, it is done"
	}
}

func orDash(text string) string {
	if text == "" {
		return "–"
	}
	return text
}
