package main

import (
	"farebook/ledger"
	"farebook/money"
)

// promised is a refund of a booking that was decided: before the departure out of unearned revenue, and after it out of income.
func promised(unearned, returned int64) ledger.Promise {
	return ledger.Promise{
		Reference: exampleReference, PaymentIntentID: "pi_1", RefundID: "RF-7K2M9QXA", Posting: 1, Unearned: unearned, Returned: returned,
		Currency: "USD", Effective: decided,
	}
}

// refundEvents are examples of refunds, cancellations and departures.
var refundEvents = []event{
	{
		"A refund", "$200.00 are refunded before the departure. They are payable when the refund is requested, and leave when Stripe's balance " +
			"has paid\n" +
			"for it, even while it is `pending`.",
		func() ([]ledger.Transaction, error) {
			return several(ledger.RefundPromised(promised(20000, 0)))(
				ledger.Refund(exampleReference, refunded(balanceLine("txn_3", -20000, 0, "USD", "refund"), nil)))
		},
	},
	{
		"A refund after the departure", "The income of the flight stays, and `income:refunds` reduces it.",
		func() ([]ledger.Transaction, error) {
			return several(ledger.RefundPromised(promised(0, 20000)))(
				ledger.Refund(exampleReference, refunded(balanceLine("txn_3", -20000, 0, "USD", "refund"), nil)))
		},
	},
	{
		"A refund that fails after it succeeded",
		"The customer's bank returns it: the money is at Stripe again, and owed to the traveller as money. Another refund of it is not\n" +
			"promised again.",
		func() ([]ledger.Transaction, error) {
			r := refunded(balanceLine("txn_3", -20000, 0, "USD", "refund"), balanceLine("txn_4", 20000, 0, "USD", "refund_failure"))
			return several(ledger.Refund(exampleReference, r))(ledger.RefundFailure(exampleReference, r))
		},
	},
	{
		"A refund that settles in another currency",
		"The traveller gets $200.00 and Stripe's balance pays euros. `equity:conversion` has both sides of the exchange, as for the payment.",
		func() ([]ledger.Transaction, error) {
			return one(ledger.Refund(exampleReference, refunded(balanceLine("txn_3", -18400, 0, "EUR", "refund"), nil)))
		},
	},
	{
		"A cancellation", "The refund policy gives half back. No flight is owed any more: one half is payable, the other is earned.",
		func() ([]ledger.Transaction, error) {
			return one(ledger.Cancellation(ledger.Cancelled{
				Reference: exampleReference, PaymentIntentID: "pi_1", Promised: 22950, Kept: 22950, Currency: "USD", Effective: decided,
			}))
		},
	},
	{
		"A departure",
		"What is left of the unearned revenue is earned once the flight has departed, also of a traveller who did not come. Nothing is\n" +
			"recognised while a dispute is open. Money that came too late for a flight becomes payable instead.",
		func() ([]ledger.Transaction, error) {
			return one(ledger.Recognition(ledger.Recognising{
				Reference: exampleReference, PaymentIntentID: "pi_1", To: ledger.IncomeFlights, Amounts: map[money.Currency]int64{"USD": 45900},
				Posting: 1, Effective: decided,
			}))
		},
	},
	{
		"A booking of an earlier release",
		"Releases without these accounts left refunds that failed, and what cancellations kept, in unearned revenue. One correcting\n" +
			"transaction carries such a booking over (`starter ledger carry-over`); its other entries stay as they are.",
		func() ([]ledger.Transaction, error) {
			return one(ledger.CarryOver(ledger.CarryingOver{
				Reference: exampleReference, PaymentIntentID: "pi_1", Currency: "USD", Payable: 20000, Kept: 25900, Effective: decided,
				Exchanges: map[money.Currency]int64{"USD": 45900, "EUR": -42210},
			}))
		},
	},
}
