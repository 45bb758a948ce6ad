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
	if !b.captureBefore.IsZero() {
		lines = append(lines, "- Authorised, not captured: Stripe lets it go at "+b.captureBefore.UTC().Format(time.RFC3339))
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
	case b.status == booking.StatusPendingPayment && b.payment == booking.PaymentAuthorized:
		return "a capture; a cancel; or the end of the authorisation"
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

func (r *refund) describe(ctx workflow.Context) {
	waiting := "nothing, it is done"
	switch {
	case r.now.Foreign:
		waiting = "nothing: its payment is no booking's"
	case r.now.Postponed:
		waiting = "Stripe, which refuses to make it for now: see `failure_reason` of the refund and the mail to finance"
	case !r.now.Status.Settled():
		waiting = "Stripe and the customer's bank"
	case r.waiting():
		waiting = "the balance transaction of the refund"
	case r.mails.inFlight > 0:
		waiting = "the mail server"
	}
	workflow.SetCurrentDetails(ctx, strings.Join([]string{
		fmt.Sprintf("**Refund %s** of booking %s is `%s`.\n", orDash(string(r.now.RefundID)), orDash(string(r.now.Reference)), r.now.Status),
		fmt.Sprintf("- At Stripe: `%s`", orDash(r.ref.StripeRefundID)),
		fmt.Sprintf("- Booking: `%s`", orDash(string(r.now.BookingStatus))),
		"- Waiting for: " + waiting,
	}, "\n"))
}

func (d *dispute) describe(ctx workflow.Context) {
	waiting := "nothing, it is decided"
	switch {
	case d.now.Foreign:
		waiting = "nothing: its payment is no booking's"
	case d.now.Status.NeedsResponse():
		waiting = "evidence, to be given in Stripe's dashboard (see `starter evidence`)"
	case !d.now.Status.Closed():
		waiting = "the bank's decision"
	case d.waiting():
		waiting = "the money to come back"
	case d.mails.inFlight > 0:
		waiting = "the mail server"
	}
	lines := []string{
		fmt.Sprintf("**Dispute %s** of booking %s is `%s`.\n", d.in.DisputeID, orDash(string(d.now.Reference)), d.now.Status),
		fmt.Sprintf("- Booking: `%s`", orDash(string(d.now.BookingStatus))),
		"- Waiting for: " + waiting,
	}
	if d.now.DueBy != nil {
		lines = append(lines, "- Evidence due by: "+d.now.DueBy.UTC().Format(time.RFC3339))
	}
	workflow.SetCurrentDetails(ctx, strings.Join(lines, "\n"))
}

func (p *payout) describe(ctx workflow.Context) {
	workflow.SetCurrentDetails(ctx, strings.Join([]string{
		fmt.Sprintf("**Payout %s** is `%s`.\n", p.in.PayoutID, p.now.Status),
		fmt.Sprintf("- Held against its balance transactions: `%s`", p.now.Proof),
	}, "\n"))
}

func orDash(text string) string {
	if text == "" {
		return "–"
	}
	return text
}
