package ledger

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"farebook/booking"
	"farebook/money"
)

// Side of an entry.
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

// Entry is one line of a transaction. Amount is in minor units and above zero.
type Entry struct {
	Account  Account
	Side     Side
	Amount   int64
	Currency money.Currency
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
	TypeAccountFee             Type = "account_fee"
	TypeReversal               Type = "reversal"
	TypeCorrection             Type = "correction"
	TypeOpeningBalance         Type = "opening_balance"
	TypeOtherIntegration       Type = "other_integration"
	TypeBeforeOpening          Type = "before_opening"
)

// Transaction is what is posted as one: its debits equal its credits in each currency. Reference, Type, PaymentIntentID
// and ObjectID together are unique in the books; what belongs to no booking (a payout) is unique by its OperationKey.
type Transaction struct {
	Type                 Type
	Reference            booking.Reference
	PaymentIntentID      string
	ObjectID             string // the Stripe object that tells it from others of its type; empty when there is one only
	BalanceTransactionID string
	OperationKey         string
	Effective            Effective
	Description          string
	Entries              []Entry
}

// UnbalancedTransaction says in which currency debits and credits differ, in minor units.
type UnbalancedTransaction struct {
	Currency        money.Currency
	Debits, Credits int64
}

func (e *UnbalancedTransaction) Error() string {
	return fmt.Sprintf("debits of %s and credits of %s differ", money.Text(e.Debits, e.Currency), money.Text(e.Credits, e.Currency))
}

// maxEntryAmount bounds an entry, in minor units: a hundred thousand of the largest charges, and so low that
// the sum of a transaction's entries cannot overflow.
const maxEntryAmount = 10_000_000_000_000

// maxEntries bounds a transaction; the longest posting rule has eight.
const maxEntries = 100

// Validate refuses what must not be posted. It names the failing entry by its index, or returns *UnbalancedTransaction.
func (t Transaction) Validate() error {
	if len(t.Entries) < 2 {
		return fmt.Errorf("a %s transaction has %d entries: double entry takes two at least", t.Type, len(t.Entries))
	}
	if len(t.Entries) > maxEntries {
		return fmt.Errorf("a %s transaction has %d entries: %d at most; post several", t.Type, len(t.Entries), maxEntries)
	}
	if err := t.Effective.validate(); err != nil {
		return fmt.Errorf("a %s transaction has %w", t.Type, err)
	}
	debits, credits := map[money.Currency]int64{}, map[money.Currency]int64{}
	currencies := map[money.Currency]bool{}
	for i, entry := range t.Entries {
		if err := entry.validate(); err != nil {
			return fmt.Errorf("entry %d: %w", i, err)
		}
		currencies[entry.Currency] = true
		if entry.Side == Debit {
			debits[entry.Currency] += entry.Amount
		} else {
			credits[entry.Currency] += entry.Amount
		}
	}
	for _, currency := range slices.Sorted(maps.Keys(currencies)) {
		if debits[currency] != credits[currency] {
			return &UnbalancedTransaction{Currency: currency, Debits: debits[currency], Credits: credits[currency]}
		}
	}
	return nil
}

func (e Entry) validate() error {
	switch {
	case !slices.Contains(Accounts, e.Account):
		return fmt.Errorf("%q is no account", e.Account)
	case e.Side != Debit && e.Side != Credit:
		return fmt.Errorf("%q is neither debit nor credit", e.Side)
	case e.Amount <= 0:
		return fmt.Errorf("an amount of %s: amounts are above zero, the side says which way", money.Text(e.Amount, e.Currency))
	case e.Amount > maxEntryAmount:
		return fmt.Errorf("an amount of %s: %s at most", money.Text(e.Amount, e.Currency), money.Text(maxEntryAmount, e.Currency))
	case e.Currency == "":
		return fmt.Errorf("no currency")
	case strings.ToUpper(string(e.Currency)) != string(e.Currency):
		return fmt.Errorf("currency %q: an upper-case ISO 4217 code, so that one currency has one spelling", e.Currency)
	}
	return nil
}

// ReversalPrefix begins the operation key of a reversal: the rest is the key of what it undoes.
const ReversalPrefix = "reversal/"

// Reverse is the transaction that undoes this one: the same amounts on the other sides. It bears the same PaymentIntent
// and object, and a key made of its key, so that the books take one reversal of each and no more. It has the same effective
// date, so that by effective date neither shows at any time; posted_at tells when it was undone.
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
