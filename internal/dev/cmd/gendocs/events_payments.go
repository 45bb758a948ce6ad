package main

import (
	"farebook/ledger"
)

// paymentEvents are examples of payments by card and by bank debit.
var paymentEvents = []event{
	{
		"A payment", "A booking of $459.00 is paid. Stripe's balance transaction is available at once, so its fee is posted in the same " +
			"transaction.",
		func() ([]ledger.Transaction, error) {
			return one(posted(paid(45900, "USD", settled(45900, 1361, "USD"))))
		},
	},
	{
		"A payment whose fee comes later",
		"The same with Stripe's asynchronous capture: the payment is posted when it succeeds, and the fee when `charge.updated` reports\n" +
			"the balance transaction. The final balances are the same as above.",
		func() ([]ledger.Transaction, error) {
			payment, err := posted(paid(45900, "USD", nil))
			if err != nil {
				return nil, err
			}
			fee, err := ledger.Fee(paid(45900, "USD", settled(45900, 1361, "USD")))
			return []ledger.Transaction{payment, fee}, err
		},
	},
	{
		"A payment that settles in another currency",
		"A booking of $459.00 on a Stripe account that settles in euros. Stripe's balance received euros, so the clearing account gets the\n" +
			"euros. `equity:conversion` has both sides of the exchange: the dollars that were sold (debit) and the euros that were bought (credit).",
		func() ([]ledger.Transaction, error) {
			return one(posted(paid(45900, "USD", settled(42210, 1254, "EUR"))))
		},
	},
	{
		"A payment that settles with another amount",
		"This should not happen. If it does, the clearing account still equals Stripe's balance, and suspense shows the missing dollar.",
		func() ([]ledger.Transaction, error) {
			return one(posted(paid(45900, "USD", settled(45800, 1358, "USD"))))
		},
	},
	{
		"A payment in a currency without minor units", "A booking of ¥68,000: Stripe counts whole yen, and so does the ledger.",
		func() ([]ledger.Transaction, error) {
			return one(posted(paid(68000, "JPY", settled(68000, 2448, "JPY"))))
		},
	},
	{
		"A payment captured in part",
		"$459.00 were authorised and $300.00 captured. Stripe makes two balance " +
			"transactions, one of the whole amount and one that reverses the\n" +
			"rest. The ledger does the same; together they are the captured amount.",
		func() ([]ledger.Transaction, error) {
			part := paid(45900, "USD", settled(45900, 900, "USD"))
			part.AmountReceived = 30000
			part.Reversal = balanceLine("txn_2", -15900, 0, "USD", "partial_capture_reversal")
			return several(posted(part))(ledger.PartialCapture(part))
		},
	},
	{
		"A bank debit that arrives",
		"The balance transaction exists as soon as the debit is submitted, while the PaymentIntent is `processing`. Some days later the\n" +
			"debit succeeds; Stripe's balance does not change then.",
		func() ([]ledger.Transaction, error) {
			arrived := paid(45900, "USD", settled(45900, 367, "USD"))
			return several(ledger.PaymentInTransit(exampleReference, "pi_1", debited(nil)))(ledger.PaymentArrived(arrived, decided))
		},
	},
	{
		"A bank debit that fails", "Stripe reverses the debit and returns its fee.",
		func() ([]ledger.Transaction, error) {
			failed := debited(balanceLine("txn_2", -45900, -367, "USD", "charge_failure"))
			return several(ledger.PaymentInTransit(exampleReference, "pi_1", failed))(ledger.PaymentFailure(exampleReference, "pi_1", failed))
		},
	},
}
