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
	var text strings.Builder
	fmt.Fprintf(&text, "**Booking %s** is `%s`, its payment `%s`.\n\n", b.in.Reference, b.status, orDash(string(b.payment)))
	fmt.Fprintf(&text, "- PaymentIntent: `%s`\n", orDash(b.intentID))
	fmt.Fprintf(&text, "- Hold until: %s\n", b.in.HoldExpiresAt.UTC().Format(time.RFC3339))
	fmt.Fprintf(&text, "- Correlation id: `%s`\n", b.in.CorrelationID)
	fmt.Fprintf(&text, "- Waiting for: %s\n", b.waitingFor())
	if b.refundDue {
		text.WriteString("- **Refund due**: money came for a booking that was closed already.\n")
	}
	if b.mails.givenUp > 0 {
		fmt.Fprintf(&text, "- Mails given up: %d (see table `emails`)\n", b.mails.givenUp)
	}
	workflow.SetCurrentDetails(ctx, text.String())
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
