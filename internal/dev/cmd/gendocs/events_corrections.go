package main

import (
	"time"

	"farebook/ledger"
	"farebook/money"
)

// correctionEvents are examples of corrections, openings, other integrations and reversals.
var correctionEvents = []event{
	{
		"A correction", "Another system received $459.00 on the same Stripe account. Reconciliation " +
			"found the payment, and an operator has it posted: the\n" +
			"clearing account equals Stripe's balance again, and suspense has the money until its owner is known.",
		func() ([]ledger.Transaction, error) {
			return one(ledger.Correction(ledger.Correcting{
				ItemID: 7, BalanceTransactionID: "txn_9", Clearing: map[money.Currency]int64{"USD": 44539},
				Fees: map[money.Currency]int64{"USD": 1361}, Against: ledger.EquitySuspense, Effective: decided,
			}))
		},
	},
	{
		"An opening", "The Stripe account was in use before Farebook. `starter opening --at TIME` posts Stripe's balance at that time, " +
			"pending and available\n" +
			"together; from then on the clearing account equals Stripe's balance.",
		func() ([]ledger.Transaction, error) {
			return one(ledger.OpeningBalance(ledger.Opening{At: exampleDate}, "USD", map[ledger.Account]int64{
				ledger.AssetStripeClearing: 120000, ledger.AssetConnectReserved: 5000,
			}))
		},
	},
	{
		"A payment from before the opening that is imported",
		"The opening balance contains its balance transaction. The booking's money is therefore posted against the opening balance, and the\n" +
			"clearing account does not change. A later refund of it is posted as usual.",
		func() ([]ledger.Transaction, error) {
			payment, err := posted(paid(45900, "USD", settled(45900, 1361, "USD")))
			return []ledger.Transaction{payment.Under(ledger.Opening{At: exampleDate.Add(time.Hour)})}, err
		},
	},
	{
		"A refund of a payment from before the opening that no booking has",
		"Reconciliation finds it and names the charge. The refund is posted against the opening balance.",
		func() ([]ledger.Transaction, error) {
			return one(ledger.BeforeOpening(ledger.Unbooked{
				Balance: *balanceLine("txn_11", -20000, 0, "USD", "refund"), ObjectID: "re_2",
				PaymentIntentID: "pi_2",
			}))
		},
	},
	{
		"A payment of another integration",
		"Another shop receives $459.00 on the same Stripe account, and a rule in `OTHER_INTEGRATIONS` matches the payment. The fee belongs to\n" +
			"the other shop, too.",
		func() ([]ledger.Transaction, error) {
			return one(ledger.OtherIntegration(ledger.Unbooked{
				Balance: *balanceLine("txn_12", 45900, 1361, "USD", "charge"), ObjectID: "pi_3",
				PaymentIntentID: "pi_3",
			}))
		},
	},
	{
		"A reversal", "A wrong transaction is not changed: its mirror image is posted. Both remain readable, and the accounts are as if " +
			"neither had been\n" +
			"posted.",
		func() ([]ledger.Transaction, error) {
			payment, err := posted(paid(45900, "USD", settled(45900, 1361, "USD")))
			return []ledger.Transaction{payment, payment.Reverse()}, err
		},
	},
}
