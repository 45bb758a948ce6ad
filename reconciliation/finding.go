package reconciliation

import (
	"fmt"

	"farebook/booking"
	"farebook/money"
)

// Class is the kind of a difference between the books and Stripe.
type Class string

// The classes. docs/reconciliation.md explains each to the finance department.
const (
	MissingInLedger  Class = "missing_in_ledger"
	MissingInStripe  Class = "missing_in_stripe"
	AmountMismatch   Class = "amount_mismatch"
	CurrencyMismatch Class = "currency_mismatch"
	FeeMismatch      Class = "fee_mismatch"
	StateMismatch    Class = "state_mismatch"
	Duplicate        Class = "duplicate"
	OrphanPayment    Class = "orphan_payment"
	Timing           Class = "timing" // too recent to count as a difference
)

// Classes are all classes.
var Classes = []Class{
	MissingInLedger, MissingInStripe, AmountMismatch, CurrencyMismatch, FeeMismatch, StateMismatch, Duplicate, OrphanPayment, Timing,
}

// Object is the kind of thing that a finding is about.
type Object string

// The kinds of objects.
const (
	ObjectPayment            Object = "payment"
	ObjectRefund             Object = "refund"
	ObjectDispute            Object = "dispute"
	ObjectPayout             Object = "payout"
	ObjectAccountFee         Object = "account_fee"         // a fee that Stripe bills to the account
	ObjectBalanceTransaction Object = "balance_transaction" // any other balance transaction
	ObjectClearing           Object = "clearing"            // the clearing account as a whole
	ObjectBalanceKind        Object = "balance_kind"        // another kind of Stripe balance as a whole
)

// Healing is how a difference may be resolved without an operator. Each healing reads the object again at Stripe and has its
// own workflow record it; no healing writes to the ledger in any other way.
type Healing string

// The healings. HealNone leaves the finding to an operator.
const (
	HealNone       Healing = ""
	HealPayment    Healing = "record_payment"
	HealRefund     Healing = "record_refund"
	HealDispute    Healing = "record_dispute"
	HealPayout     Healing = "record_payout"
	HealAccountFee Healing = "record_account_fee"
	HealUnbooked   Healing = "record_unbooked" // money of another integration, or of a payment before the opening balance
)

// Healings lists every healing except HealNone.
var Healings = []Healing{HealPayment, HealRefund, HealDispute, HealPayout, HealAccountFee, HealUnbooked}

// Finding is one difference between the books (Here) and Stripe (AtStripe). Amounts are minor units of Currency.
type Finding struct {
	Class                Class
	Object               Object
	StripeID             string // pi_, re_, dp_, po_, txn_...
	BalanceTransactionID string
	PaymentIntentID      string
	Reference            booking.Reference // empty if it belongs to no booking
	Here, AtStripe       int64
	Currency             money.Currency
	Reason               string // for an operator: what differs, and why
	Healing              Healing
	// Posted is the balance transaction's effect on the clearing account, and Net is what Stripe settled. Their difference is
	// the part of a gap between account and balance that this finding explains. Both are zero if there is no balance
	// transaction.
	Posted, Net int64
}

// Fingerprint identifies a finding within its run.
func (f Finding) Fingerprint() string {
	return fmt.Sprintf("%s/%s/%s/%s", f.Class, f.Object, f.StripeID, f.BalanceTransactionID)
}
