package main

import (
	"farebook/ledger"
)

// meanings describes each account; a test checks that none is missing.
var meanings = map[ledger.Account]string{
	ledger.AssetStripeClearing:      "money at Stripe, pending and available together; equals Stripe's balance",
	ledger.AssetConnectReserved:     "money at Stripe held for connected accounts; equals Stripe's `connect_reserved`",
	ledger.AssetIssuing:             "money at Stripe for issued cards; equals Stripe's `issuing`",
	ledger.AssetBank:                "money that payouts have brought to the bank",
	ledger.AssetPayoutsInTransit:    "payouts that left Stripe's balance and have not reached the bank",
	ledger.AssetDisputedFunds:       "money withheld while a dispute is open",
	ledger.LiabilityUnearnedRevenue: "paid by travellers and not flown yet: owed as a flight",
	ledger.LiabilityCustomerFunds:   "paid by travellers to an agent (`REVENUE_MODEL=agent`), not passed on nor promised back yet",
	ledger.LiabilityAirlinePayable: "the airlines' part of what an agent has sold, fares without commission and taxes; a manual journal " +
		"pays it out",
	ledger.LiabilityRefundsPayable: "refunds that were promised and have not left Stripe's balance, and refunds that failed: owed to " +
		"travellers as money; a manual journal that names a refund that failed pays it from the bank",
	ledger.IncomeFlights:              "flights that have departed",
	ledger.IncomeCancellationFees:     "kept of bookings that were cancelled after payment",
	ledger.IncomeCommission:           "an agent's commission of the fares that it has sold",
	ledger.IncomeServiceFees:          "an agent's service fees",
	ledger.IncomeRefunds:              "refunds that were promised after the income was recognised; it reduces income",
	ledger.LiabilityPaymentsInTransit: "bank debits on their way: at Stripe already, and reversed if they fail",
	ledger.ExpenseStripeFees:          "fees that Stripe keeps",
	ledger.ExpenseFeeTaxes:            "tax on Stripe's fees, and tax that Stripe withholds",
	ledger.ExpenseApplicationFees:     "application fees that Stripe keeps of a payment for a platform",
	ledger.ExpenseChargebacks:         "lost disputes, and what won disputes did not return",
	ledger.EquityConversion:           "both sides of each exchange between currencies; its total at the rates of the day is gain or loss",
	ledger.EquitySuspense:             "differences that are not explained",
	ledger.AssetOtherIntegrations: "movements of the clearing account by other integrations on the same Stripe account; negative while " +
		"their money is there",
	ledger.EquityOpeningBalance: "Stripe's balance when the books were opened, less later movements of payments from before",
}
