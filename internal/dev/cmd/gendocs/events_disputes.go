package main

import (
	"farebook/ledger"
)

// disputeEvents are examples of disputes.
var disputeEvents = []event{
	{
		"A dispute that is won", "The bank withholds the money and Stripe takes a fee. Both come back when the dispute is won.",
		func() ([]ledger.Transaction, error) {
			return several(ledger.Dispute(exampleReference, dispute, *balanceLine("txn_5", -45900, 1500, "USD", "dispute")))(
				ledger.Dispute(exampleReference, dispute, *balanceLine("txn_6", 45900, -1500, "USD", "dispute_reversal")))
		},
	},
	{
		"A dispute that is lost", "The withheld money becomes a chargeback, and Stripe keeps the fee. The second posting has no balance " +
			"transaction, because the money\n" +
			"left when the dispute was opened. Before the departure, the flight is owed no more, and the loss is only the fee.",
		func() ([]ledger.Transaction, error) {
			lost, err := several(ledger.Dispute(exampleReference, dispute, *balanceLine("txn_5", -45900, 1500, "USD", "dispute")))(
				ledger.Chargeback(exampleReference, dispute, 45900, "USD", 1, decided))
			if err != nil {
				return nil, err
			}
			relief, err := one(ledger.ChargebackRelief(ledger.Relief{
				Reference: exampleReference, PaymentIntentID: "pi_1", DisputeID: "dp_1", Unearned: 45900, Currency: "USD", SettledCurrency: "USD",
				Posting: 1, Effective: decided,
			}))
			return append(lost, relief...), err
		},
	},
	{
		"A decision that is reversed",
		"The card network reverses the decision after the loss: the chargeback is reversed, and the money comes back.",
		func() ([]ledger.Transaction, error) {
			lost, err := several(ledger.Dispute(exampleReference, dispute, *balanceLine("txn_5", -45900, 1500, "USD", "dispute")))(
				ledger.Chargeback(exampleReference, dispute, 45900, "USD", 1, decided))
			if err != nil {
				return nil, err
			}
			won, err := several(ledger.Chargeback(exampleReference, dispute, -45900, "USD", 2, decided))(
				ledger.Dispute(exampleReference, dispute, *balanceLine("txn_6", 45900, -1500, "USD", "dispute_reversal")))
			return append(lost, won...), err
		},
	},
	{
		"A dispute that is won with less than was withheld",
		"The exchange rate has changed, or the bank returns only a part: the rest is a chargeback. If more comes back than was withheld, the\n" +
			"posting is the opposite one.",
		func() ([]ledger.Transaction, error) {
			won, err := several(ledger.Dispute(exampleReference, dispute, *balanceLine("txn_5", -45900, 1500, "USD", "dispute")))(
				ledger.Dispute(exampleReference, dispute, *balanceLine("txn_6", 44000, -1500, "USD", "dispute_reversal")))
			if err != nil {
				return nil, err
			}
			rest, err := one(ledger.DisputeRest(exampleReference, dispute, 1900, "USD", 1, decided))
			return append(won, rest...), err
		},
	},
}
