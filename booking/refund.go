package booking

import (
	"strings"

	"farebook/money"
	"farebook/validation"
)

// RefundStatus is where a refund is.
type RefundStatus string

// The states of a refund: reserved here, then Stripe's own (stripe.com/docs/api/refunds/object#refund_object-status).
const (
	RefundRequested      RefundStatus = "requested"
	RefundPending        RefundStatus = "pending"
	RefundRequiresAction RefundStatus = "requires_action"
	RefundSucceeded      RefundStatus = "succeeded"
	RefundFailed         RefundStatus = "failed"
	RefundCanceled       RefundStatus = "canceled"
	RefundUnknown        RefundStatus = "unknown" // Stripe says something that we do not know
)

// RefundTransitions says where a refund may go; a succeeded one can fail later (stripe.com/docs/refunds#failed-refunds).
var RefundTransitions = map[RefundStatus][]RefundStatus{
	RefundRequested:      {RefundPending, RefundRequiresAction, RefundSucceeded, RefundFailed, RefundCanceled, RefundUnknown},
	RefundPending:        {RefundRequiresAction, RefundSucceeded, RefundFailed, RefundCanceled, RefundUnknown},
	RefundRequiresAction: {RefundPending, RefundSucceeded, RefundFailed, RefundCanceled, RefundUnknown},
	RefundSucceeded:      {RefundFailed},
	RefundFailed:         {},
	RefundCanceled:       {},
	RefundUnknown:        {RefundPending, RefundRequiresAction, RefundSucceeded, RefundFailed, RefundCanceled},
}

// To is nil when the refund may go there, and an *IllegalTransition otherwise.
func (s RefundStatus) To(next RefundStatus) error {
	return transition("refund", RefundTransitions, s, next)
}

// Reserves tells whether the refund's amount cannot be refunded a second time: it is on its way, or gone.
func (s RefundStatus) Reserves() bool { return s != RefundFailed && s != RefundCanceled }

// Settled tells whether nothing more is awaited. A succeeded refund can fail later; its event starts things again.
func (s RefundStatus) Settled() bool {
	return s == RefundSucceeded || s == RefundFailed || s == RefundCanceled
}

// RefundOrigin is who asked for a refund.
type RefundOrigin string

// The origins.
const (
	RefundFromAPI          RefundOrigin = "api"
	RefundFromCancellation RefundOrigin = "cancellation" // under the refund policy
	RefundFromLateMoney    RefundOrigin = "late_money"   // money for a booking that was closed already
	RefundFromDashboard    RefundOrigin = "dashboard"    // made at Stripe by hand
)

// RefundReason is why, in Stripe's words (stripe.com/docs/api/refunds/create#create_refund-reason).
type RefundReason string

// The reasons that Stripe takes.
const (
	ReasonDuplicate           RefundReason = "duplicate"
	ReasonFraudulent          RefundReason = "fraudulent"
	ReasonRequestedByCustomer RefundReason = "requested_by_customer"
)

// RefundSnapshot is what Stripe says of one refund now. Amounts are minor units.
type RefundSnapshot struct {
	StripeRefundID  string // re_...
	PaymentIntentID string
	ChargeID        string
	StripeStatus    string
	Amount          int64
	Currency        money.Currency
	Reason          string
	FailureReason   string
	RefundID        RefundID // ours, from the metadata; empty for one that was made in Stripe's dashboard
	InstallationID  string   // from the metadata, as is RequestKey: see PaymentSnapshot
	RequestKey      string
	Balance         *BalanceTransaction // nil while Stripe's balance has not paid for it
	FailureBalance  *BalanceTransaction // when it failed after the balance had paid for it
	// Uncaptured: it lets go of what was authorised and never captured. Nobody's money goes back by it.
	Uncaptured bool
}

// Status is Stripe's status as one of ours. A refund that Stripe gives no status is on its way.
func (s RefundSnapshot) Status() RefundStatus {
	switch status := RefundStatus(s.StripeStatus); status {
	case "", RefundRequested:
		return RefundPending
	default:
		return known(RefundTransitions, status, RefundUnknown)
	}
}

// RefundRequest is a refund as it is asked for. An amount of zero is all that is left.
type RefundRequest struct {
	Amount int64        `json:"amount,omitempty"` // minor units
	Reason RefundReason `json:"reason"`
	Note   string       `json:"note,omitempty"`
}

const maxNoteBytes = 500

// Validate names everything that is wrong with the request, as FieldErrors, or returns nil. What is left to refund is
// known under the booking's lock only.
func (r RefundRequest) Validate() error {
	var v validation.Violations
	if r.Amount < 0 {
		v.Add("amount.value", "is below 1", "send minor units, or leave the amount out to refund all that is left")
	}
	switch r.Reason {
	case ReasonDuplicate, ReasonFraudulent, ReasonRequestedByCustomer:
	default:
		v.Add("reason", "is not a reason that Stripe takes", `send "requested_by_customer", "duplicate" or "fraudulent"`)
	}
	switch {
	case len(r.Note) > maxNoteBytes:
		v.Add("note", "is longer than 500 bytes", "shorten it")
	case r.Note != "" && !printable(r.Note):
		v.Add("note", "has characters that cannot be seen: line breaks, control or direction characters", "send one line of text")
	}
	return v.Err()
}

// ValidateAbandonNote says what is wrong with the note of a refund that a person abandons, as a *FieldError, or returns nil.
func ValidateAbandonNote(note string) error {
	switch {
	case strings.TrimSpace(note) == "":
		return &validation.FieldError{Field: "note", Problem: "is empty", Fix: "say why the refund is abandoned, and how the customer gets the money instead"}
	case len(note) > maxNoteBytes:
		return &validation.FieldError{Field: "note", Problem: "is longer than 500 bytes", Fix: "shorten it"}
	case !printable(note):
		return &validation.FieldError{Field: "note", Problem: "has characters that cannot be seen: line breaks, control or direction characters", Fix: "send one line of text"}
	}
	return nil
}
