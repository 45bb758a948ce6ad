package ledger

import (
	"fmt"
	"maps"
	"slices"

	"farebook/booking"
	"farebook/money"
)

// CorrectionAccounts are the accounts to which an operator may post the other side of a correction. All other accounts follow
// from Stripe's objects, and `starter verify` compares them with those.
var CorrectionAccounts = []Account{
	EquitySuspense, LiabilityUnearnedRevenue, LiabilityCustomerFunds, LiabilityRefundsPayable, ExpenseStripeFees, AssetBank,
	AssetPayoutsInTransit, AssetConnectReserved, AssetIssuing,
}

// Correcting is an operator's decision about one balance transaction. Amounts are what the books have too little of, debits
// positive, in minor units by currency.
type Correcting struct {
	ItemID               uint64 // of the reconciliation that found it
	Reference            booking.Reference
	PaymentIntentID      string
	BalanceTransactionID string
	Clearing             map[money.Currency]int64 // net of fees
	Fees                 map[money.Currency]int64
	Against              Account
	// Count is the number of transactions that the books already have for it. It is part of the key, so that two corrections of
	// the same state are one.
	Count int
	// Effective is the date of the balance transaction, or the time that the operator gave if Stripe has none.
	Effective Effective
	// Balance is the balance transaction as Stripe has it; nil if Stripe has none.
	Balance *booking.BalanceTransaction
}

// Correction posts the difference after which the books agree with Stripe about one balance transaction.
//
//	debit  asset:stripe_clearing    gross     (sides swapped if negative)
//	credit the account decided on   gross
//	debit  expense:stripe_fees      fee
//	credit asset:stripe_clearing    fee
func Correction(c Correcting) (Transaction, error) {
	if !slices.Contains(CorrectionAccounts, c.Against) {
		return Transaction{}, fmt.Errorf("a correction cannot be posted to %q: use one of %v", c.Against, CorrectionAccounts)
	}
	t := Transaction{
		Type: TypeCorrection, Reference: c.Reference, PaymentIntentID: c.PaymentIntentID,
		ObjectID: fmt.Sprintf("item/%d", c.ItemID), BalanceTransactionID: c.BalanceTransactionID,
		Effective:    c.Effective,
		Balance:      c.Balance,
		OperationKey: fmt.Sprintf("correction/%s/%d", c.BalanceTransactionID, c.Count),
		Description:  fmt.Sprintf("Correction decided on item %d of a reconciliation", c.ItemID),
	}
	t.Entries = c.Entries()
	return t, t.Validate()
}

// Entries are those after which the books agree with Stripe.
func (c Correcting) Entries() (entries []Entry) {
	currencies := maps.Clone(c.Clearing)
	maps.Copy(currencies, c.Fees)
	for _, currency := range slices.Sorted(maps.Keys(currencies)) {
		fee := c.Fees[currency]
		entries = append(entries, move(AssetStripeClearing, c.Against, c.Clearing[currency]+fee, currency)...)
		entries = append(entries, move(ExpenseStripeFees, AssetStripeClearing, fee, currency)...)
	}
	return entries
}
