package ledger

import (
	"farebook/booking"
	"farebook/money"
)

// outOfClearing posts a balance transaction that takes money from Stripe's balance, or adds to it if negative: it debits the
// account with amount, credits the clearing account with what Stripe took, and posts the fee. The clearing account then equals
// Stripe's balance whatever Stripe did. Another currency passes through equity:conversion, which has both sides of the exchange.
// Another amount of the same currency passes through suspense, where the difference stays visible.
func outOfClearing(account Account, amount int64, currency money.Currency, balance booking.BalanceTransaction) []Entry {
	taken := -balance.Amount
	var entries []Entry
	if balance.Currency == currency && taken == amount {
		entries = move(account, AssetStripeClearing, amount, currency)
	} else {
		between := exchange(currency, balance.Currency)
		entries = append(move(account, between, amount, currency), move(between, AssetStripeClearing, taken, balance.Currency)...)
	}
	return append(entries, fees(balance)...)
}

// exchange is the account between an amount and what Stripe settled of it: conversion between two currencies, suspense where the
// currency is the same and the amounts differ.
func exchange(amount, settled money.Currency) Account {
	if amount != settled {
		return EquityConversion
	}
	return EquitySuspense
}

// fees posts what Stripe keeps of a balance transaction, each part to its account, against the clearing account.
func fees(balance booking.BalanceTransaction) []Entry {
	own := balance.Fee - balance.Tax - balance.ApplicationFee
	entries := move(ExpenseStripeFees, AssetStripeClearing, own, balance.Currency)
	entries = append(entries, move(ExpenseFeeTaxes, AssetStripeClearing, balance.Tax, balance.Currency)...)
	return append(entries, move(ExpenseApplicationFees, AssetStripeClearing, balance.ApplicationFee, balance.Currency)...)
}

// move debits one account and credits the other, in minor units. A negative amount swaps the sides (a fee that Stripe returns);
// zero posts no entry.
func move(debit, credit Account, amount int64, currency money.Currency) []Entry {
	switch {
	case amount == 0:
		return nil
	case amount < 0:
		debit, credit, amount = credit, debit, -amount
	}
	return []Entry{{debit, Debit, amount, currency}, {credit, Credit, amount, currency}}
}
