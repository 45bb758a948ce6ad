package notice

import "slices"

// MessageIDDomain is the domain of every Message-ID. It identifies the sender, not a host: it must not depend on the machine,
// or an email that is sent twice would not be recognised as a duplicate.
const MessageIDDomain = "bookings.farebook.example"

// Kind is the reason for an email. It selects the template.
type Kind string

// Emails to customers.
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

// Emails to the finance department.
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
	LedgerSealed          Kind = "ledger_sealed"
	SealingOverdue        Kind = "sealing_overdue"
)

// WebhookDisabled goes to whoever maintains a webhook endpoint of a client.
const WebhookDisabled Kind = "webhook_disabled"

// PaymentKinds are sent by the BookingPayment workflow, RefundKinds to customers by the Refund workflow.
var (
	PaymentKinds = []Kind{
		Confirmed, PaymentFailed, HoldExpired, Cancelled, Authorized, CancelledPaid, CaptureDue,
	}
	RefundKinds = []Kind{RefundStarted, Refunded, RefundFailed}
)

// customerKinds are the emails to customers, FinanceKinds those to the finance department, ownerKinds those to whoever maintains
// a webhook endpoint.
var (
	customerKinds = []Kind{
		Confirmed, PaymentFailed, HoldExpired, Cancelled, Authorized, CancelledPaid, RefundStarted, Refunded, RefundFailed,
	}
	FinanceKinds = []Kind{
		DisputeOpened, DisputeDue, DisputeClosed, PayoutFailed, PayoutUnproven, PayoutUnknown, CaptureDue, RefundWaiting, Reconciliation,
		ReconciliationOverdue, LedgerSealed, SealingOverdue,
	}
	ownerKinds = []Kind{WebhookDisabled}
)

// Unpaid reports whether the email concerns a booking that has not been paid. Such emails are limited per address, because
// unpaid bookings cost nothing and could otherwise be used to flood a mailbox.
func (k Kind) Unpaid() bool {
	return k == PaymentFailed || k == HoldExpired || k == Cancelled
}

// AboutPayment reports whether the email is about a booking's payment, so that it reads differently for a further payment of a booking.
func (k Kind) AboutPayment() bool { return slices.Contains(PaymentKinds, k) && !k.ForFinance() }

// Audience says whom an email is for.
type Audience string

// The audiences.
const (
	ToCustomer Audience = "customer"
	ToFinance  Audience = "finance" // the finance department
	ToOwner    Audience = "owner"   // whoever maintains a webhook endpoint
)

// Audience is whom emails of the kind are for.
func (k Kind) Audience() Audience {
	switch {
	case slices.Contains(FinanceKinds, k):
		return ToFinance
	case slices.Contains(ownerKinds, k):
		return ToOwner
	}
	return ToCustomer
}

// ForFinance reports whether the email goes to the finance department instead of the customer.
func (k Kind) ForFinance() bool { return k.Audience() == ToFinance }

// Kinds returns all kinds.
func Kinds() []Kind { return slices.Concat(customerKinds, FinanceKinds, ownerKinds) }
