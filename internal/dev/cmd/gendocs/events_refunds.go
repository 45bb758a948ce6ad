package main

import (
	"farebook/ledger"
)

// refundEvents are examples of refunds.
var refundEvents = []event{
	{
		"A refund", "$200.00 are refunded. The refund is posted when Stripe's balance has paid for it, even while it is `pending`.",
		func() ([]ledger.Transaction, error) {
			return one(ledger.Refund(exampleReference, refunded(balanceLine("txn_3", -20000, 0, "USD", "refund"), nil)))
		},
	},
	{
		"A refund that fails after it succeeded",
		"The customer's bank returns it: the money is at Stripe again, and owed to the traveller again.",
		func() ([]ledger.Transaction, error) {
			r := refunded(balanceLine("txn_3", -20000, 0, "USD", "refund"), balanceLine("txn_4", 20000, 0, "USD", "refund_failure"))
			return several(ledger.Refund(exampleReference, r))(ledger.RefundFailure(exampleReference, r))
		},
	},
	{
		"A refund that settles in another currency",
		"The traveller gets $200.00 and Stripe's balance pays euros. Suspense has both sides of the exchange, as for the payment.",
		func() ([]ledger.Transaction, error) {
			return one(ledger.Refund(exampleReference, refunded(balanceLine("txn_3", -18400, 0, "EUR", "refund"), nil)))
		},
	},
}
