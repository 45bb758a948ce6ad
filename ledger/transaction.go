package ledger

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"farebook/booking"
	"farebook/money"
)

// Side is the side of an entry.
type Side string

// The sides.
const (
	Debit  Side = "debit"
	Credit Side = "credit"
)

func (s Side) opposite() Side {
	if s == Debit {
		return Credit
	}
	return Debit
}

// Entry is one line of a transaction. Amount is in minor units, and positive.
type Entry struct {
	Account  Account
	Side     Side
	Amount   int64
	Currency money.Currency
}

// Signed is the amount of the entry, negative for a credit.
func (e Entry) Signed() int64 {
	if e.Side == Credit {
		return -e.Amount
	}
	return e.Amount
}

// Type is the business event behind a transaction.
type Type string

// The types.
const (
	TypePayment                Type = "payment"
	TypeStripeFee              Type = "stripe_fee"
	TypePaymentInTransit       Type = "payment_in_transit"
	TypePaymentFailure         Type = "payment_failure"
	TypePartialCaptureReversal Type = "partial_capture_reversal"
	TypeRefund                 Type = "refund"
	TypeRefundFailure          Type = "refund_failure"
	TypeDispute                Type = "dispute"
	TypeDisputeReversal        Type = "dispute_reversal"
	TypeChargeback             Type = "chargeback"
	TypePayout                 Type = "payout"
	TypePayoutReversal         Type = "payout_reversal"
	TypePayoutArrived          Type = "payout_arrived"
	TypePayoutReturned         Type = "payout_returned"
	TypeRefundPromised         Type = "refund_promised"
	TypeCancellation           Type = "cancellation"
	TypeChargebackRelief       Type = "chargeback_relief"
	TypeRecognition            Type = "recognition"
	TypeCarryOver              Type = "carry_over"
	TypeAccountFee             Type = "account_fee"
	TypeReversal               Type = "reversal"
	TypeCorrection             Type = "correction"
	TypeOpeningBalance         Type = "opening_balance"
	TypeOtherIntegration       Type = "other_integration"
	TypeBeforeOpening          Type = "before_opening"
	TypeManual                 Type = "manual" // an operator's journal
)

// Transaction is a set of entries that is posted as a whole: its debits equal its credits in each currency. Reference, Type,
// PaymentIntentID and ObjectID together are unique in the books. A transaction that belongs to no booking (a payout) is unique
// by its OperationKey.
type Transaction struct {
	Type                 Type
	Reference            booking.Reference
	PaymentIntentID      string
	ObjectID             string // the Stripe object, if there can be several transactions of the type; otherwise empty
	BalanceTransactionID string
	OperationKey         string
	Effective            Effective
	Description          string
	Entries              []Entry
	// Balance is the balance transaction as Stripe has it, for reports; nil without one, and in rows of older releases.
	Balance *booking.BalanceTransaction
}

// UnbalancedError says in which currency debits and credits differ, in minor units.
type UnbalancedError struct {
	Currency        money.Currency
	Debits, Credits int64
}

func (e *UnbalancedError) Error() string {
	return fmt.Sprintf("debits of %s and credits of %s differ", money.Text(e.Debits, e.Currency), money.Text(e.Credits, e.Currency))
}

// maxEntryAmount is the limit of one entry, in minor units: a hundred thousand times the largest charge, and low enough that
// the sum of a transaction's entries cannot overflow.
const maxEntryAmount = 10_000_000_000_000

// MaxEntries is the limit of entries in a transaction. The longest posting rule has eight.
const MaxEntries = 100

// Validate returns an error for a transaction that must not be posted. It names a wrong entry by its index, or is an
// *UnbalancedError.
func (t Transaction) Validate() error {
	if len(t.Entries) < 2 {
		return fmt.Errorf("a %s transaction has %d entries: double entry needs at least two", t.Type, len(t.Entries))
	}
	if len(t.Entries) > MaxEntries {
		return fmt.Errorf("a %s transaction has %d entries: at most %d are allowed; post several transactions", t.Type, len(t.Entries),
			MaxEntries)
	}
	if err := t.Effective.validate(); err != nil {
		return fmt.Errorf("a %s transaction has %w", t.Type, err)
	}
	for i, entry := range t.Entries {
		if err := entry.validate(); err != nil {
			return fmt.Errorf("entry %d: %w", i, err)
		}
	}
	return balanced(t.Entries)
}

// balanced returns an *UnbalancedError for the first currency whose debits and credits differ.
func balanced(entries []Entry) error {
	debits, credits := map[money.Currency]int64{}, map[money.Currency]int64{}
	currencies := map[money.Currency]bool{}
	for _, entry := range entries {
		currencies[entry.Currency] = true
		if entry.Side == Debit {
			debits[entry.Currency] += entry.Amount
		} else {
			credits[entry.Currency] += entry.Amount
		}
	}
	for _, currency := range slices.Sorted(maps.Keys(currencies)) {
		if debits[currency] != credits[currency] {
			return &UnbalancedError{Currency: currency, Debits: debits[currency], Credits: credits[currency]}
		}
	}
	return nil
}

func (e Entry) validate() error {
	switch {
	case !slices.Contains(Accounts, e.Account):
		return fmt.Errorf("unknown account %q", e.Account)
	case e.Side != Debit && e.Side != Credit:
		return fmt.Errorf("%q is neither debit nor credit", e.Side)
	case e.Amount <= 0:
		return fmt.Errorf("an amount of %s: amounts are positive, the side says the direction", money.Text(e.Amount, e.Currency))
	case e.Amount > maxEntryAmount:
		return fmt.Errorf("an amount of %s: at most %s", money.Text(e.Amount, e.Currency), money.Text(maxEntryAmount, e.Currency))
	case e.Currency == "":
		return fmt.Errorf("no currency")
	case strings.ToUpper(string(e.Currency)) != string(e.Currency):
		return fmt.Errorf("currency %q: an upper-case ISO 4217 code, so that one currency has one spelling", e.Currency)
	}
	return nil
}

// ReversalPrefix begins the operation key of a reversal. The rest is the key of the reversed transaction.
const ReversalPrefix = "reversal/"

// Reverse returns the transaction that undoes t: the same amounts with the sides swapped. Its key is made from t's key, so that
// the books accept exactly one reversal. It has the same effective date, so that by effective date neither is ever visible;
// posted_at says when it was undone.
func (t Transaction) Reverse() Transaction {
	reversed := t
	reversed.Type = TypeReversal
	reversed.Description = "Reversal of " + t.Description
	if t.OperationKey != "" {
		reversed.OperationKey = ReversalPrefix + t.OperationKey
	}
	reversed.Entries = make([]Entry, len(t.Entries))
	for i, entry := range t.Entries {
		entry.Side = entry.Side.opposite()
		reversed.Entries[i] = entry
	}
	return reversed
}
