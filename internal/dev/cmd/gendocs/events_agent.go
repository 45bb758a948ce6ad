package main

import (
	"farebook/booking"
	"farebook/ledger"
	"farebook/money"
)

// agentParts are those of a booking of $459.00 that an agent sells: $380.00 of the fare and $49.00 of taxes are the airline's.
var agentParts = ledger.PartsOf(&booking.Breakdown{Fare: 38000, Taxes: 4900, ServiceFee: 1000, Commission: 2000}, 45900)

// byAgent has what was paid on an agent's account.
func byAgent(transactions []ledger.Transaction, err error) ([]ledger.Transaction, error) {
	for i := range transactions {
		transactions[i] = transactions[i].HeldAs(booking.ModelAgent)
	}
	return transactions, err
}

// agentRecognition passes on what an agent holds.
func agentRecognition(moment booking.RevenueMoment) (ledger.Transaction, error) {
	return ledger.Recognition(ledger.Recognising{
		Reference: exampleReference, PaymentIntentID: "pi_1", PassedOn: map[money.Currency]ledger.Parts{"USD": agentParts}, Moment: moment,
		Posting: 1, Effective: decided,
	})
}

// agentEvents are examples of a seller who is the airline's agent.
var agentEvents = []event{
	{
		"An agent's payment, and its departure",
		"With `REVENUE_MODEL=agent` the price is not the seller's income. The booking's breakdown is $380.00 fare without commission, $49.00\n" +
			"taxes, $20.00 commission and $10.00 service fee. Until the departure all of it is held for the traveller. Without a breakdown, all\n" +
			"of it is the airline's.",
		func() ([]ledger.Transaction, error) {
			return byAgent(several(posted(paid(45900, "USD", settled(45900, 1361, "USD"))))(agentRecognition(booking.AtDeparture)))
		},
	},
	{
		"An agent's ticketing",
		"With `RECOGNISE_AT=ticketing` the same is posted when the booking is confirmed: by its payment, or with manual capture by the capture,\n" +
			"which the caller asks for once the ticket is issued. Refunds that were promised before are left out in proportion.",
		func() ([]ledger.Transaction, error) { return byAgent(one(agentRecognition(booking.AtTicketing))) },
	},
	{
		"An agent's refund before what it holds is passed on", "It is taken out of what is held, and leaves as any refund.",
		func() ([]ledger.Transaction, error) {
			return byAgent(several(ledger.RefundPromised(promised(20000, 0)))(
				ledger.Refund(exampleReference, refunded(balanceLine("txn_3", -20000, 0, "USD", "refund"), nil))))
		},
	},
	{
		"An agent's refund after it",
		"$200.00 are recalled in proportion to what the booking has on the three accounts. Cents that are left over go to the largest\n" +
			"remainders, so that refunds of the whole leave nothing on any of them. What exceeds them reduces income (`income:refunds`).",
		func() ([]ledger.Transaction, error) {
			recalled := promised(0, 0)
			recalled.Recalled = agentParts.Share(20000)
			return byAgent(one(ledger.RefundPromised(recalled)))
		},
	},
	{
		"An agent's cancellation",
		"Half is promised. What is kept is passed on in the proportion of the breakdown: no cancellation fee is the agent's.",
		func() ([]ledger.Transaction, error) {
			return byAgent(one(ledger.Cancellation(ledger.Cancelled{
				Reference: exampleReference, PaymentIntentID: "pi_1", Promised: 22950, PassedOn: agentParts.Share(22950), Currency: "USD",
				Effective: decided,
			})))
		},
	},
}
