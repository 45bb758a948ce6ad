package booking

import (
	"time"

	"farebook/money"
)

// PaymentSnapshot is what Stripe says of one PaymentIntent now. Amounts are minor units.
type PaymentSnapshot struct {
	PaymentIntentID string
	StripeStatus    string
	Reference       Reference
	// InstallationID and RequestKey are from the metadata: which database asked for it, and by which request. Empty for one of an
	// older release.
	InstallationID     string
	RequestKey         string
	Amount             int64
	AmountReceived     int64
	Currency           money.Currency
	ChargeID           string
	DeclineCode        string // of the last attempt; empty when it was not declined
	CancellationReason string
	Balance            *BalanceTransaction // nil until Stripe has made it (async capture)
	// Reversal takes back what was authorised and not captured; nil when all was, or until Stripe has made it.
	Reversal *BalanceTransaction
	// PaidAt is Stripe's time of the payment, or of its authorisation; for a bank debit, of its submission. Zero while there is none.
	PaidAt time.Time
	// SettlesLater: by another method than a card, of which it may be known days later only whether the money stays.
	SettlesLater bool
	// Debits are bank debits that are on their way or have failed: the latest charge, and earlier ones where they were asked for.
	Debits []Debit
	// CaptureBefore is when Stripe lets an authorisation go; zero when there is none, or it is not said.
	CaptureBefore time.Time
}

// PaidAfter tells whether it was paid or authorised after a time, by Stripe's clock.
func (s PaymentSnapshot) PaidAfter(at time.Time) bool {
	return !s.PaidAt.IsZero() && s.PaidAt.After(at)
}

// CaptureMethod is whether a payment is taken at once or authorised first.
type CaptureMethod string

// The capture methods (stripe.com/docs/payments/place-a-hold-on-a-payment-method).
const (
	CaptureAutomatic CaptureMethod = "automatic"
	CaptureManual    CaptureMethod = "manual"
)

// BalanceTransaction is Stripe's accounting record: Net = Amount - Fee, in the currency that is settled in.
type BalanceTransaction struct {
	ID                string
	Amount            int64
	Fee               int64
	Net               int64
	Currency          money.Currency
	Type              string
	ReportingCategory string
	Created           time.Time
	AvailableOn       time.Time
	SourceID          string // of what it came of: ch_, py_, re_, dp_, po_; empty where Stripe names none
	// Tax and ApplicationFee are the parts of Fee that are not Stripe's own (fee_details).
	Tax            int64
	ApplicationFee int64
}

// CategoryConnectReserved is the reporting category of money that moves between the balance and connect_reserved.
const CategoryConnectReserved = "connect_reserved_funds"

// CategoryTax is the reporting category of tax on Stripe's fees that is billed by itself.
const CategoryTax = "tax"

// IsAccountFee tells a bill of Stripe's own, which belongs to no payment in the books, whatever its source.
func (b BalanceTransaction) IsAccountFee() bool {
	return RouteOf(b.ReportingCategory) == RouteAccountFee
}

// IsZero tells one that moves nothing: there is nothing to post of it.
func (b BalanceTransaction) IsZero() bool { return b.Amount == 0 && b.Fee == 0 && b.Net == 0 }

// Kept is what Stripe keeps, in minor units: its fee, and of its own bill all.
func (b BalanceTransaction) Kept() int64 {
	if b.IsAccountFee() {
		return -b.Net
	}
	return b.Fee
}

// KnownCancellation tells whether the reason of a cancellation is one that we know, or none
// (stripe.com/docs/api/payment_intents/object#payment_intent_object-cancellation_reason).
func (s PaymentSnapshot) KnownCancellation() bool {
	switch s.CancellationReason {
	case "", "abandoned", "automatic", "duplicate", "expired", "failed_invoice", "fraudulent", "requested_by_customer", "void_invoice":
		return true
	}
	return false
}

// HasMoney tells whether the PaymentIntent has taken or holds money, or is about to.
func (s PaymentSnapshot) HasMoney() bool {
	switch s.PaymentStatus() {
	case PaymentSucceeded, PaymentAuthorized, PaymentProcessing, PaymentUnknown:
		return true
	}
	return s.AmountReceived > 0
}

// PaymentStatus translates Stripe's status (stripe.com/docs/payments/paymentintents/lifecycle). A decline sends the
// PaymentIntent back to requires_payment_method, with the code of the decline.
func (s PaymentSnapshot) PaymentStatus() PaymentStatus {
	switch s.StripeStatus {
	case "requires_payment_method":
		if s.DeclineCode != "" {
			return PaymentFailed
		}
		return PaymentPending
	case "requires_confirmation":
		return PaymentPending
	case "requires_action":
		return PaymentRequiresAction
	case "processing":
		return PaymentProcessing
	case "requires_capture":
		return PaymentAuthorized
	case "succeeded":
		return PaymentSucceeded
	case "canceled":
		return PaymentCanceled
	default:
		return PaymentUnknown
	}
}
