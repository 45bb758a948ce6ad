package reconciliation

import (
	"fmt"

	"farebook/booking"
	"farebook/money"
)

// Class is what kind of difference between the books and Stripe was found.
type Class string

// The classes. docs/reconciliation.md says what each means to a finance person.
const (
	MissingInLedger  Class = "missing_in_ledger"
	MissingInStripe  Class = "missing_in_stripe"
	AmountMismatch   Class = "amount_mismatch"
	CurrencyMismatch Class = "currency_mismatch"
	FeeMismatch      Class = "fee_mismatch"
	StateMismatch    Class = "state_mismatch"
	Duplicate        Class = "duplicate"
	OrphanPayment    Class = "orphan_payment"
	Timing           Class = "timing" // not yet a difference
)

// Object is what a difference is about.
type Object string

// The objects.
const (
	ObjectPayment            Object = "payment"
	ObjectRefund             Object = "refund"
	ObjectDispute            Object = "dispute"
	ObjectPayout             Object = "payout"
	ObjectAccountFee         Object = "account_fee"         // a bill of Stripe's own
	ObjectBalanceTransaction Object = "balance_transaction" // any other
	ObjectClearing           Object = "clearing"            // the clearing account as a whole
	ObjectBalanceKind        Object = "balance_kind"        // money at Stripe beside it, as a whole
)

// Healing is what may be done about a difference without an operator: the object is read again at Stripe and recorded by its
// own workflow. Nothing else is ever done.
type Healing string

// The healings. None waits for an operator.
const (
	HealNone       Healing = ""
	HealPayment    Healing = "record_payment"
	HealRefund     Healing = "record_refund"
	HealDispute    Healing = "record_dispute"
	HealPayout     Healing = "record_payout"
	HealAccountFee Healing = "record_account_fee"
	HealUnbooked   Healing = "record_unbooked" // money of another integration, or of a payment before the opening
)

// Healings are all there are.
var Healings = []Healing{HealPayment, HealRefund, HealDispute, HealPayout, HealAccountFee, HealUnbooked}

// Finding is one difference. Amounts are minor units of Currency: what the books have, and what Stripe has.
type Finding struct {
	Class                Class
	Object               Object
	StripeID             string // pi_, re_, dp_, po_, txn_...
	BalanceTransactionID string
	PaymentIntentID      string
	Reference            booking.Reference // empty when it is no booking's
	Here, AtStripe       int64
	Currency             money.Currency
	Reason               string // for an operator: what differs, and why
	Healing              Healing
	// Posted is what the clearing account has of the balance transaction, and Net what Stripe settled of it: their difference is
	// what this finding explains of a difference between the account and Stripe's balance. Both are zero without one.
	Posted, Net int64
}

// Fingerprint tells a finding from every other of its run.
func (f Finding) Fingerprint() string {
	return fmt.Sprintf("%s/%s/%s/%s", f.Class, f.Object, f.StripeID, f.BalanceTransactionID)
}
