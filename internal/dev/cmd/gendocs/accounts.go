package main

import (
	"farebook/ledger"
)

// meanings describes each account; a test checks that none is missing.
var meanings = map[ledger.Account]string{
	ledger.AssetStripeClearing:        "money at Stripe, pending and available together; equals Stripe's balance",
	ledger.AssetConnectReserved:       "money at Stripe held for connected accounts; equals Stripe's `connect_reserved`",
	ledger.AssetIssuing:               "money at Stripe for issued cards; equals Stripe's `issuing`",
	ledger.AssetBank:                  "money paid out to the bank, including payouts on their way",
	ledger.AssetDisputedFunds:         "money withheld while a dispute is open",
	ledger.LiabilityUnearnedRevenue:   "paid by travellers and not flown yet: owed as a flight or as a refund",
	ledger.LiabilityPaymentsInTransit: "bank debits on their way: at Stripe already, and reversed if they fail",
	ledger.ExpenseStripeFees:          "fees that Stripe keeps",
	ledger.ExpenseFeeTaxes:            "tax on Stripe's fees, and tax that Stripe withholds",
	ledger.ExpenseApplicationFees:     "application fees that Stripe keeps of a payment for a platform",
	ledger.ExpenseChargebacks:         "lost disputes, and what won disputes did not return",
	ledger.EquitySuspense:             "exchanges between currencies, and differences that are not explained",
	ledger.AssetOtherIntegrations: "movements of the clearing account by other integrations on the same Stripe account; negative while " +
		"their money is there",
	ledger.EquityOpeningBalance: "Stripe's balance when the books were opened, less later movements of payments from before",
}
