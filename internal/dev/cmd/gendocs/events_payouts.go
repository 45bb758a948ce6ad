package main

import (
	"farebook/ledger"
	"farebook/money"
)

// payoutEvents are examples of payouts.
var payoutEvents = []event{
	{
		"A payout", "$1,000.00 leave Stripe's balance, and reach the bank some days later, when Stripe reports the payout as paid. A payout " +
			"belongs to no\n" +
			"booking; its operation keys make the postings unique.",
		func() ([]ledger.Transaction, error) {
			return several(ledger.Payout(payout(balanceLine("txn_7", -100000, 0, "USD", "payout"), nil)))(
				ledger.PayoutArrived("po_1", map[money.Currency]int64{"USD": 100000}, decided))
		},
	},
	{
		"A payout that fails on its way", "The money is at Stripe again, and was never at the bank.",
		func() ([]ledger.Transaction, error) {
			p := payout(balanceLine("txn_7", -100000, 0, "USD", "payout"), balanceLine("txn_8", 100000, 0, "USD", "payout_reversal"))
			return several(ledger.Payout(p))(ledger.PayoutReversal(p))
		},
	},
	{
		"A payout that fails after it was paid", "The bank returns it within five business days.",
		func() ([]ledger.Transaction, error) {
			p := payout(balanceLine("txn_7", -100000, 0, "USD", "payout"), balanceLine("txn_8", 100000, 0, "USD", "payout_reversal"))
			paid, err := several(ledger.Payout(p))(ledger.PayoutArrived("po_1", map[money.Currency]int64{"USD": 100000}, decided))
			if err != nil {
				return nil, err
			}
			back, err := several(ledger.PayoutReversal(p))(
				ledger.PayoutReturned("po_1", map[money.Currency]int64{"USD": -100000}, decided))
			return append(paid, back...), err
		},
	},
}

// feeEvents are examples of Stripe's fees.
var feeEvents = []event{
	{
		"A bill of Stripe's own", "Stripe takes fees for Radar, Billing and other services out of the balance, without an event. The bill is " +
			"posted when a payout\n" +
			"includes it, or when reconciliation finds it, whichever comes first.",
		func() ([]ledger.Transaction, error) {
			return one(ledger.AccountFee(*balanceLine("txn_10", -250, 0, "USD", "fee")))
		},
	},
	{
		"A fee with its parts", "Stripe charges tax on its fee and keeps a platform's application fee: each part has an account.",
		func() ([]ledger.Transaction, error) {
			balance := settled(45900, 2061, "USD")
			balance.Tax, balance.ApplicationFee = 200, 500
			return one(posted(paid(45900, "USD", balance)))
		},
	},
	{
		"A fee of zero that comes later",
		"Under interchange-plus pricing Stripe bills once a month. The ledger still needs the balance transaction, because the payout that\n" +
			"includes it could not be proven otherwise: the amount leaves the clearing account and returns to it.",
		func() ([]ledger.Transaction, error) {
			return one(ledger.Fee(paid(45900, "USD", settled(45900, 0, "USD"))))
		},
	},
}
