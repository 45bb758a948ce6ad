// Package ledger is double-entry bookkeeping: accounts, transactions, and the rules that turn what happened at Stripe into
// debits and credits. Posted transactions never change; a correction is another transaction. It imports booking and money, and
// does no I/O.
package ledger

import (
	"fmt"
	"slices"
	"strings"

	"farebook/booking"
)

// Account is where money is, or whom it is owed to. Its currency is stored beside it.
type Account string

// The chart of accounts.
const (
	AssetStripeClearing      Account = "asset:stripe_clearing" // equals Stripe's balance: pending plus available
	AssetBank                Account = "asset:bank"
	AssetDisputedFunds       Account = "asset:disputed_funds"
	LiabilityUnearnedRevenue Account = "liability:unearned_revenue" // paid for, not flown yet
	// Money at Stripe that is neither available nor pending. Each kind is compared with the same kind at Stripe.
	AssetConnectReserved Account = "asset:stripe_connect_reserved"
	AssetIssuing         Account = "asset:stripe_issuing"

	// AssetOtherIntegrations offsets what other integrations on the same Stripe account have in the clearing account. Its
	// balance is negative while they have money there.
	AssetOtherIntegrations Account = "asset:other_integrations"

	// LiabilityPaymentsInTransit holds pending bank debits: in Stripe's balance already, but possibly taken back.
	LiabilityPaymentsInTransit Account = "liability:payments_in_transit"

	ExpenseStripeFees      Account = "expense:stripe_fees"
	ExpenseFeeTaxes        Account = "expense:fee_taxes"        // tax on Stripe's fees, and tax that Stripe withholds
	ExpenseApplicationFees Account = "expense:application_fees" // collected for a platform
	ExpenseChargebacks     Account = "expense:chargebacks"
	EquitySuspense         Account = "equity:suspense" // where one currency is exchanged for another
	EquityOpeningBalance   Account = "equity:opening_balance"
)

// Accounts lists every account.
var Accounts = []Account{
	AssetStripeClearing, AssetConnectReserved, AssetIssuing, AssetBank, AssetDisputedFunds, AssetOtherIntegrations, LiabilityUnearnedRevenue,
	LiabilityPaymentsInTransit, ExpenseStripeFees, ExpenseFeeTaxes, ExpenseApplicationFees, ExpenseChargebacks, EquitySuspense,
	EquityOpeningBalance,
}

// KindAccounts maps each kind of Stripe balance apart from pending and available to its account.
var KindAccounts = map[booking.BalanceKind]Account{
	booking.BalanceConnectReserved: AssetConnectReserved,
	booking.BalanceIssuing:         AssetIssuing,
}

// FeeAccounts are the accounts to which the parts of a balance transaction's fee are posted.
var FeeAccounts = []Account{ExpenseStripeFees, ExpenseFeeTaxes, ExpenseApplicationFees}

// NormalSide returns the side on which the account grows: debit for assets and expenses, credit for liabilities and equity.
func (a Account) NormalSide() Side {
	if strings.HasPrefix(string(a), "asset:") || strings.HasPrefix(string(a), "expense:") {
		return Debit
	}
	return Credit
}

// ParseAccount reads the name of an account.
func ParseAccount(name string) (Account, error) {
	if !slices.Contains(Accounts, Account(name)) {
		return "", fmt.Errorf("no account is named %q: use one of %v", name, Accounts)
	}
	return Account(name), nil
}
