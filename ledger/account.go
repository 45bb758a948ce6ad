// Package ledger is double entry without I/O: accounts, transactions, and the rules that turn what happened at Stripe
// into debits and credits. History is never changed; a correction is another transaction.
package ledger

import (
	"strings"

	"farebook/booking"
)

// Account is where money is, or whom it is owed to. The currency is a column beside it.
type Account string

// The chart of accounts.
const (
	AssetStripeClearing      Account = "asset:stripe_clearing" // equals Stripe's balance, pending and available together
	AssetBank                Account = "asset:bank"
	AssetDisputedFunds       Account = "asset:disputed_funds"
	LiabilityUnearnedRevenue Account = "liability:unearned_revenue" // paid for, not flown yet
	// Money at Stripe that is neither available nor pending: each kind is compared with its own at Stripe.
	AssetConnectReserved Account = "asset:stripe_connect_reserved"
	AssetIssuing         Account = "asset:stripe_issuing"

	// AssetOtherIntegrations is what other integrations on the same Stripe account have in the clearing account; below zero while
	// it is there.
	AssetOtherIntegrations Account = "asset:other_integrations"

	// LiabilityPaymentsInTransit is bank debits: at Stripe already, and perhaps to be taken back.
	LiabilityPaymentsInTransit Account = "liability:payments_in_transit"

	ExpenseStripeFees      Account = "expense:stripe_fees"
	ExpenseFeeTaxes        Account = "expense:fee_taxes"        // tax on Stripe's fees, and tax that Stripe withholds
	ExpenseApplicationFees Account = "expense:application_fees" // kept for a platform
	ExpenseChargebacks     Account = "expense:chargebacks"
	EquitySuspense         Account = "equity:suspense" // where one currency turns into another
	EquityOpeningBalance   Account = "equity:opening_balance"
)

// Accounts are all there are.
var Accounts = []Account{
	AssetStripeClearing, AssetConnectReserved, AssetIssuing, AssetBank, AssetDisputedFunds, AssetOtherIntegrations, LiabilityUnearnedRevenue,
	LiabilityPaymentsInTransit, ExpenseStripeFees, ExpenseFeeTaxes, ExpenseApplicationFees, ExpenseChargebacks, EquitySuspense, EquityOpeningBalance,
}

// KindAccounts are the accounts of money at Stripe beside the clearing account.
var KindAccounts = map[booking.BalanceKind]Account{
	booking.BalanceConnectReserved: AssetConnectReserved,
	booking.BalanceIssuing:         AssetIssuing,
}

// FeeAccounts are those that a balance transaction's fee stands on, by its parts.
var FeeAccounts = []Account{ExpenseStripeFees, ExpenseFeeTaxes, ExpenseApplicationFees}

// NormalSide is where the account grows: assets and expenses by debits, liabilities and equity by credits.
func (a Account) NormalSide() Side {
	if strings.HasPrefix(string(a), "asset:") || strings.HasPrefix(string(a), "expense:") {
		return Debit
	}
	return Credit
}
