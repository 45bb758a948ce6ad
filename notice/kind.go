package notice

// MessageIDDomain is the right side of every Message-ID. It names a sender, not a host: it must be the same whichever machine
// sends, or a mail that goes twice would be two mails.
const MessageIDDomain = "bookings.farebook.example"

// Kind is why somebody is written to.
type Kind string

// The kinds of email to customers.
const (
	Confirmed     Kind = "booking_confirmed"
	PaymentFailed Kind = "payment_failed"
	HoldExpired   Kind = "hold_expired"
	Cancelled     Kind = "booking_cancelled"
	Authorized    Kind = "payment_authorized"
	CancelledPaid Kind = "booking_cancelled_paid"
	RefundStarted Kind = "refund_started"
	Refunded      Kind = "refunded"
	RefundFailed  Kind = "refund_failed"
)

// The kinds of email to the finance department.
const (
	DisputeOpened  Kind = "dispute_opened"
	DisputeDue     Kind = "dispute_due"
	DisputeClosed  Kind = "dispute_closed"
	PayoutFailed   Kind = "payout_failed"
	PayoutUnproven Kind = "payout_unproven"
	PayoutUnknown  Kind = "payout_unknown"
	CaptureDue     Kind = "capture_due"
	RefundWaiting  Kind = "refund_waiting"
	Reconciliation Kind = "reconciliation"

	ReconciliationOverdue Kind = "reconciliation_overdue"
)

// PaymentKinds are the kinds of email that a booking's own workflow sends, RefundKinds those to customers that refunds send.
var (
	PaymentKinds = []Kind{
		Confirmed, PaymentFailed, HoldExpired, Cancelled, Authorized, CancelledPaid, CaptureDue,
	}
	RefundKinds = []Kind{RefundStarted, Refunded, RefundFailed}
)

// Unpaid tells whether the email is about a booking that cost its maker nothing. Such mails are bounded per address: a
// queue of unpaid bookings must not fill somebody's mailbox.
func (k Kind) Unpaid() bool {
	return k == PaymentFailed || k == HoldExpired || k == Cancelled
}

// ForFinance tells whether the finance department is written to, and not the customer.
func (k Kind) ForFinance() bool {
	switch k {
	case DisputeOpened, DisputeDue, DisputeClosed, PayoutFailed, PayoutUnproven, PayoutUnknown, CaptureDue,
		RefundWaiting, Reconciliation, ReconciliationOverdue:
		return true
	}
	return false
}
