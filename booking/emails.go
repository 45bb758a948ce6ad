package booking

// MessageIDDomain is the right side of every Message-ID. It names a sender, not a host: it must be the same whichever machine
// sends, or a mail that goes twice would be two mails.
const MessageIDDomain = "bookings.farebook.example"

// EmailKind is why somebody is written to.
type EmailKind string

// The kinds of mail to customers.
const (
	EmailConfirmed     EmailKind = "booking_confirmed"
	EmailPaymentFailed EmailKind = "payment_failed"
	EmailHoldExpired   EmailKind = "hold_expired"
	EmailCancelled     EmailKind = "booking_cancelled"
	EmailAuthorized    EmailKind = "payment_authorized"
	EmailCancelledPaid EmailKind = "booking_cancelled_paid"
	EmailRefundStarted EmailKind = "refund_started"
	EmailRefunded      EmailKind = "refunded"
	EmailRefundFailed  EmailKind = "refund_failed"
)

// The kinds of mail to the finance department.
const (
	EmailDisputeOpened  EmailKind = "dispute_opened"
	EmailDisputeDue     EmailKind = "dispute_due"
	EmailDisputeClosed  EmailKind = "dispute_closed"
	EmailPayoutFailed   EmailKind = "payout_failed"
	EmailPayoutUnproven EmailKind = "payout_unproven"
	EmailPayoutUnknown  EmailKind = "payout_unknown"
	EmailCaptureDue     EmailKind = "capture_due"
	EmailRefundWaiting  EmailKind = "refund_waiting"
	EmailReconciliation EmailKind = "reconciliation"

	EmailReconciliationOverdue EmailKind = "reconciliation_overdue"
)

// PaymentEmails are the kinds that a booking's own workflow sends, RefundEmails those to customers that refunds send.
var (
	PaymentEmails = []EmailKind{
		EmailConfirmed, EmailPaymentFailed, EmailHoldExpired, EmailCancelled, EmailAuthorized, EmailCancelledPaid, EmailCaptureDue,
	}
	RefundEmails = []EmailKind{EmailRefundStarted, EmailRefunded, EmailRefundFailed}
)

// Unpaid tells whether the mail is about a booking that cost its maker nothing. Such mails are bounded per address: a
// queue of unpaid bookings must not fill somebody's mailbox.
func (k EmailKind) Unpaid() bool {
	return k == EmailPaymentFailed || k == EmailHoldExpired || k == EmailCancelled
}

// ForFinance tells whether the finance department is written to, and not the customer.
func (k EmailKind) ForFinance() bool {
	switch k {
	case EmailDisputeOpened, EmailDisputeDue, EmailDisputeClosed, EmailPayoutFailed, EmailPayoutUnproven, EmailPayoutUnknown, EmailCaptureDue,
		EmailRefundWaiting, EmailReconciliation, EmailReconciliationOverdue:
		return true
	}
	return false
}
