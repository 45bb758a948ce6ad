package booking

import (
	"slices"
	"strings"

	"farebook/money"
	"farebook/validation"
)

// RefundStatus is the status of a refund.
type RefundStatus string

// The states of a refund: reserved in the books, then Stripe's values
// (stripe.com/docs/api/refunds/object#refund_object-status).
const (
	RefundRequested      RefundStatus = "requested"
	RefundPending        RefundStatus = "pending"
	RefundRequiresAction RefundStatus = "requires_action"
	RefundSucceeded      RefundStatus = "succeeded"
	RefundFailed         RefundStatus = "failed"
	RefundCanceled       RefundStatus = "canceled"
	RefundUnknown        RefundStatus = "unknown" // a status that this version does not know
)

// OpenRefunds are the states of a refund that is reserved, or on its way to the customer.
var OpenRefunds = []RefundStatus{RefundRequested, RefundPending, RefundRequiresAction, RefundUnknown}

// RefundTransitions lists the legal transitions. A succeeded refund can fail later (stripe.com/docs/refunds#failed-refunds).
var RefundTransitions = map[RefundStatus][]RefundStatus{
	RefundRequested:      {RefundPending, RefundRequiresAction, RefundSucceeded, RefundFailed, RefundCanceled, RefundUnknown},
	RefundPending:        {RefundRequiresAction, RefundSucceeded, RefundFailed, RefundCanceled, RefundUnknown},
	RefundRequiresAction: {RefundPending, RefundSucceeded, RefundFailed, RefundCanceled, RefundUnknown},
	RefundSucceeded:      {RefundFailed},
	RefundFailed:         {},
	RefundCanceled:       {},
	RefundUnknown:        {RefundPending, RefundRequiresAction, RefundSucceeded, RefundFailed, RefundCanceled},
}

// To returns nil if the refund may go to next, and an *IllegalTransitionError otherwise.
func (s RefundStatus) To(next RefundStatus) error {
	return transition("refund", RefundTransitions, s, next)
}

// Reserves reports whether the refund's amount counts as refunded: it has been returned or may still be.
func (s RefundStatus) Reserves() bool { return s != RefundFailed && s != RefundCanceled }

// SettledRefunds are the states in which Settled holds.
var SettledRefunds = []RefundStatus{RefundSucceeded, RefundFailed, RefundCanceled}

// Settled reports whether no further change is expected. A succeeded refund can still fail; its event then restarts the
// workflow.
func (s RefundStatus) Settled() bool { return slices.Contains(SettledRefunds, s) }

// RefundOrigin is who asked for a refund.
type RefundOrigin string

// The origins.
const (
	RefundFromAPI          RefundOrigin = "api"
	RefundFromCancellation RefundOrigin = "cancellation" // under the refund policy
	RefundFromLateMoney    RefundOrigin = "late_money"   // money for a booking that was already closed
	RefundFromDashboard    RefundOrigin = "dashboard"    // created manually at Stripe
)

// RefundReason is the reason of a refund, with Stripe's values (stripe.com/docs/api/refunds/create#create_refund-reason).
type RefundReason string

// The reasons that Stripe accepts.
const (
	ReasonDuplicate           RefundReason = "duplicate"
	ReasonFraudulent          RefundReason = "fraudulent"
	ReasonRequestedByCustomer RefundReason = "requested_by_customer"
)

// RefundSnapshot is a refund as Stripe returned it at one moment. Amounts are minor units.
type RefundSnapshot struct {
	StripeRefundID  string // re_...
	PaymentIntentID string
	ChargeID        string
	StripeStatus    string
	Amount          int64
	Currency        money.Currency
	Reason          string
	FailureReason   string
	RefundID        RefundID // Farebook's id, from the metadata; empty if the refund was created in Stripe's dashboard
	InstallationID  string   // from the metadata, like RequestKey: see PaymentSnapshot
	RequestKey      string
	Balance         *BalanceTransaction // nil until Stripe's balance has paid for it
	FailureBalance  *BalanceTransaction // set if it failed after the balance had paid for it
	// Uncaptured: it releases an authorisation that was never captured. It returns no money.
	Uncaptured bool
	Bank       BankReference
}

// BankReference is by what the traveller's bank finds a refund, as Stripe reports it (stripe.com/docs/refunds#tracing-refunds). Zero for a
// way of payment without one. Stripe knows the reference some days after the refund.
type BankReference struct {
	Reference string // such as an acquirer reference number; empty until it is available
	Status    string // pending, available or unavailable
	Type      string // acquirer_reference_number, system_trace_audit_number, ...
	Way       string // refund, or reversal: the charge disappears from the statement
}

// Status returns Stripe's status as one of the known states. A refund without a status is pending.
func (s RefundSnapshot) Status() RefundStatus {
	switch status := RefundStatus(s.StripeStatus); status {
	case "", RefundRequested:
		return RefundPending
	default:
		return known(RefundTransitions, status, RefundUnknown)
	}
}

// RefundRequest is a request for a refund. Amount zero refunds everything that is left.
type RefundRequest struct {
	Amount int64        `json:"amount,omitempty"` // minor units
	Reason RefundReason `json:"reason"`
	Note   string       `json:"note,omitempty"`
}

const maxNoteBytes = 500

// Validate returns every violation as validation.FieldErrors, or nil. The amount that is left to refund is only known under the
// booking's lock, and is not checked here.
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
		v.Add("note", "has invisible characters: line breaks, control or direction characters", "send one line of text")
	}
	return v.Err()
}

// ValidateAbandonNote checks the note with which an operator abandons a refund. It returns a *validation.FieldError or nil.
func ValidateAbandonNote(note string) error {
	switch {
	case strings.TrimSpace(note) == "":
		return &validation.FieldError{
			Field: "note", Problem: "is empty",
			Fix: "say why the refund is abandoned, and how the customer gets the money instead",
		}
	case len(note) > maxNoteBytes:
		return &validation.FieldError{Field: "note", Problem: "is longer than 500 bytes", Fix: "shorten it"}
	case !printable(note):
		return &validation.FieldError{
			Field: "note", Problem: "has invisible characters: line breaks, control or direction characters",
			Fix: "send one line of text",
		}
	}
	return nil
}
