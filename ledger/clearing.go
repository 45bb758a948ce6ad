package ledger

import (
	"farebook/booking"
	"farebook/money"
)

// outOfClearing posts a balance transaction that takes money from Stripe's balance: the account is debited with the
// amount, the clearing account credited with what Stripe really took, and the fee goes along. Below zero it is money that
// comes in. The clearing account equals Stripe's balance whatever Stripe did, so what does not fit (another currency,
// another amount) passes through suspense, where a difference stays for people to see.
func outOfClearing(account Account, amount int64, currency money.Currency, balance booking.BalanceTransaction) []Entry {
	taken := -balance.Amount
	var entries []Entry
	if balance.Currency == currency && taken == amount {
		entries = move(account, AssetStripeClearing, amount, currency)
	} else {
		entries = append(move(account, EquitySuspense, amount, currency), move(EquitySuspense, AssetStripeClearing, taken, balance.Currency)...)
	}
	return append(entries, fees(balance)...)
}

// fees takes what is kept of a balance transaction out of the clearing account, each part on its own account.
func fees(balance booking.BalanceTransaction) []Entry {
	own := balance.Fee - balance.Tax - balance.ApplicationFee
	entries := move(ExpenseStripeFees, AssetStripeClearing, own, balance.Currency)
	entries = append(entries, move(ExpenseFeeTaxes, AssetStripeClearing, balance.Tax, balance.Currency)...)
	return append(entries, move(ExpenseApplicationFees, AssetStripeClearing, balance.ApplicationFee, balance.Currency)...)
}

// move debits one account and credits the other. Below zero it goes the other way round (a fee that Stripe gives back);
// nothing at all is no entry.
func move(debit, credit Account, amount int64, currency money.Currency) []Entry {
	switch {
	case amount == 0:
		return nil
	case amount < 0:
		debit, credit, amount = credit, debit, -amount
	}
	return []Entry{{debit, Debit, amount, currency}, {credit, Credit, amount, currency}}
}
