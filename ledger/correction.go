package ledger

import (
	"fmt"
	"maps"
	"slices"

	"farebook/booking"
	"farebook/money"
)

// CorrectionAccounts are the accounts that an operator may put the other side of a correction on. The others follow from
// Stripe's objects, and the checks of `starter verify` hold them against those.
var CorrectionAccounts = []Account{EquitySuspense, LiabilityUnearnedRevenue, ExpenseStripeFees, AssetBank, AssetConnectReserved, AssetIssuing}

// Correcting is what an operator has decided about one balance transaction: what the books lack of it, debits above zero, in
// minor units by currency.
type Correcting struct {
	ItemID               uint64 // of the reconciliation that found it
	Reference            booking.Reference
	PaymentIntentID      string
	BalanceTransactionID string
	Clearing             map[money.Currency]int64 // net of fees
	Fees                 map[money.Currency]int64
	Against              Account
	// Count is how many transactions the books have of it already: two corrections of one state are one.
	Count int
	// Effective is the balance transaction's date, or the person's time where Stripe has none.
	Effective Effective
}

// Correction posts what makes the books say of a balance transaction what Stripe says of it.
//
//	debit  asset:stripe_clearing    gross     (the other way round below zero)
//	credit the account decided on   gross
//	debit  expense:stripe_fees      fee
//	credit asset:stripe_clearing    fee
func Correction(c Correcting) (Transaction, error) {
	if !slices.Contains(CorrectionAccounts, c.Against) {
		return Transaction{}, fmt.Errorf("a correction cannot stand on %q: say one of %v", c.Against, CorrectionAccounts)
	}
	t := Transaction{
		Type: TypeCorrection, Reference: c.Reference, PaymentIntentID: c.PaymentIntentID,
		ObjectID: fmt.Sprintf("item/%d", c.ItemID), BalanceTransactionID: c.BalanceTransactionID,
		Effective:    c.Effective,
		OperationKey: fmt.Sprintf("correction/%s/%d", c.BalanceTransactionID, c.Count),
		Description:  fmt.Sprintf("Correction decided on item %d of a reconciliation", c.ItemID),
	}
	currencies := maps.Clone(c.Clearing)
	maps.Copy(currencies, c.Fees)
	for _, currency := range slices.Sorted(maps.Keys(currencies)) {
		fee := c.Fees[currency]
		t.Entries = append(t.Entries, move(AssetStripeClearing, c.Against, c.Clearing[currency]+fee, currency)...)
		t.Entries = append(t.Entries, move(ExpenseStripeFees, AssetStripeClearing, fee, currency)...)
	}
	return t, t.Validate()
}
