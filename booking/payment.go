package booking

import (
	"time"

	"farebook/money"
)

// PaymentSnapshot is a PaymentIntent as Stripe returned it at one moment. Amounts are minor units.
type PaymentSnapshot struct {
	PaymentIntentID string
	StripeStatus    string
	Reference       Reference
	// InstallationID and RequestKey come from the metadata: which database asked for the PaymentIntent, with which idempotency
	// key. Both are empty for one of an older release.
	InstallationID     string
	RequestKey         string
	Amount             int64
	AmountReceived     int64
	Currency           money.Currency
	ChargeID           string
	DeclineCode        string // of the last attempt; empty if it was not declined
	CancellationReason string
	Balance            *BalanceTransaction // nil until Stripe has created it (async capture)
	// Reversal releases what was authorised and not captured; nil if everything was captured, and until Stripe has created it.
	Reversal *BalanceTransaction
	// PaidAt is when the payment was made, authorised, or (for a bank debit) submitted, by Stripe's clock. Zero if it was not.
	PaidAt time.Time
	// SettlesLater: paid by a method other than a card, which may fail days later.
	SettlesLater bool
	// Debits are pending or failed bank debits: that of the latest charge, and those of earlier charges if they were requested.
	Debits []Debit
	// CaptureBefore is when Stripe releases the authorisation; zero if there is none, or Stripe does not say.
	CaptureBefore time.Time
}

// PaidAfter reports whether the payment was made or authorised after a time, by Stripe's clock.
func (s PaymentSnapshot) PaidAfter(at time.Time) bool {
	return !s.PaidAt.IsZero() && s.PaidAt.After(at)
}

// CaptureMethod says whether a payment is captured immediately or authorised first.
type CaptureMethod string

// The capture methods (stripe.com/docs/payments/place-a-hold-on-a-payment-method).
const (
	CaptureAutomatic CaptureMethod = "automatic"
	CaptureManual    CaptureMethod = "manual"
)

// BalanceTransaction is Stripe's accounting record of one movement: Net = Amount - Fee, in minor units of the settlement
// currency.
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
	SourceID          string // the object that it came from: ch_, py_, re_, dp_, po_; empty if Stripe names none
	// Tax and ApplicationFee are the parts of Fee that Stripe does not keep (fee_details).
	Tax            int64
	ApplicationFee int64
}

// CategoryConnectReserved is the reporting category of money that moves between the balance and connect_reserved.
const CategoryConnectReserved = "connect_reserved_funds"

// CategoryTax is the reporting category of tax on Stripe's fees that is billed separately.
const CategoryTax = "tax"

// IsAccountFee reports whether Stripe bills the account. The books assign such a fee to no payment, whatever its source.
func (b BalanceTransaction) IsAccountFee() bool {
	return RouteOf(b.ReportingCategory) == RouteAccountFee
}

// IsZero reports whether it moves no money, so that there is nothing to post.
func (b BalanceTransaction) IsZero() bool { return b.Amount == 0 && b.Fee == 0 && b.Net == 0 }

// Kept returns what Stripe keeps, in minor units: the fee, or the whole amount of a bill.
func (b BalanceTransaction) Kept() int64 {
	if b.IsAccountFee() {
		return -b.Net
	}
	return b.Fee
}

// KnownCancellation reports whether the cancellation reason is empty or one that this version knows
// (stripe.com/docs/api/payment_intents/object#payment_intent_object-cancellation_reason).
func (s PaymentSnapshot) KnownCancellation() bool {
	switch s.CancellationReason {
	case "", "abandoned", "automatic", "duplicate", "expired", "failed_invoice", "fraudulent", "requested_by_customer", "void_invoice":
		return true
	}
	return false
}

// HasMoney reports whether the PaymentIntent has captured or authorised money, or is processing a payment.
func (s PaymentSnapshot) HasMoney() bool {
	switch s.PaymentStatus() {
	case PaymentSucceeded, PaymentAuthorized, PaymentProcessing, PaymentUnknown:
		return true
	}
	return s.AmountReceived > 0
}

// PaymentStatus translates Stripe's status (stripe.com/docs/payments/paymentintents/lifecycle). After a decline, the
// PaymentIntent is in requires_payment_method with a decline code.
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
