// Package ledger is double-entry bookkeeping: accounts, transactions, and the rules that turn what happened at Stripe into
// debits and credits. Posted transactions never change; a correction is another transaction. It imports booking, money
// and validation, and does no I/O.
package ledger

import (
	"fmt"
	"slices"

	"farebook/booking"
)

// Account is where money is, or whom it is owed to. Its currency is stored beside it.
type Account string

// The chart of accounts.
const (
	AssetStripeClearing   Account = "asset:stripe_clearing"    // equals Stripe's balance: pending plus available
	AssetPayoutsInTransit Account = "asset:payouts_in_transit" // left Stripe's balance, and not at the bank yet
	AssetBank             Account = "asset:bank"
	AssetDisputedFunds    Account = "asset:disputed_funds"
	// Money at Stripe that is neither available nor pending. Each kind is compared with the same kind at Stripe.
	AssetConnectReserved Account = "asset:stripe_connect_reserved"
	AssetIssuing         Account = "asset:stripe_issuing"

	// AssetOtherIntegrations offsets what other integrations on the same Stripe account have in the clearing account. Its
	// balance is negative while they have money there.
	AssetOtherIntegrations Account = "asset:other_integrations"

	LiabilityUnearnedRevenue Account = "liability:unearned_revenue" // paid for, not flown yet
	LiabilityCustomerFunds   Account = "liability:customer_funds"   // paid to an agent, and not passed on yet
	LiabilityAirlinePayable  Account = "liability:airline_payable"  // of what an agent has sold
	LiabilityRefundsPayable  Account = "liability:refunds_payable"  // promised to travellers, and not gone from Stripe's balance
	// LiabilityPaymentsInTransit holds pending bank debits: in Stripe's balance already, but possibly taken back.
	LiabilityPaymentsInTransit Account = "liability:payments_in_transit"

	IncomeFlights          Account = "income:flights"
	IncomeCancellationFees Account = "income:cancellation_fees"
	IncomeCommission       Account = "income:commission"
	IncomeServiceFees      Account = "income:service_fees"
	IncomeRefunds          Account = "income:refunds" // reduces income: promised after the income was recognised

	ExpenseStripeFees      Account = "expense:stripe_fees"
	ExpenseFeeTaxes        Account = "expense:fee_taxes"        // tax on Stripe's fees, and tax that Stripe withholds
	ExpenseApplicationFees Account = "expense:application_fees" // collected for a platform
	ExpenseChargebacks     Account = "expense:chargebacks"

	EquityConversion     Account = "equity:conversion" // where one currency is exchanged for another
	EquitySuspense       Account = "equity:suspense"   // what is not explained
	EquityOpeningBalance Account = "equity:opening_balance"
)

// Kind is what an account counts. The account's name begins with it.
type Kind string

// The kinds.
const (
	KindAsset     Kind = "asset"
	KindLiability Kind = "liability"
	KindIncome    Kind = "income"
	KindExpense   Kind = "expense"
	KindEquity    Kind = "equity"
)

// chart has each account once, in the order in which accounts are shown: its kind, and the side on which it grows.
var chart = []struct {
	account Account
	kind    Kind
	normal  Side
}{
	{AssetStripeClearing, KindAsset, Debit},
	{AssetConnectReserved, KindAsset, Debit},
	{AssetIssuing, KindAsset, Debit},
	{AssetPayoutsInTransit, KindAsset, Debit},
	{AssetBank, KindAsset, Debit},
	{AssetDisputedFunds, KindAsset, Debit},
	{AssetOtherIntegrations, KindAsset, Debit},
	{LiabilityUnearnedRevenue, KindLiability, Credit},
	{LiabilityCustomerFunds, KindLiability, Credit},
	{LiabilityAirlinePayable, KindLiability, Credit},
	{LiabilityRefundsPayable, KindLiability, Credit},
	{LiabilityPaymentsInTransit, KindLiability, Credit},
	{IncomeFlights, KindIncome, Credit},
	{IncomeCancellationFees, KindIncome, Credit},
	{IncomeCommission, KindIncome, Credit},
	{IncomeServiceFees, KindIncome, Credit},
	{IncomeRefunds, KindIncome, Debit}, // a contra account
	{ExpenseStripeFees, KindExpense, Debit},
	{ExpenseFeeTaxes, KindExpense, Debit},
	{ExpenseApplicationFees, KindExpense, Debit},
	{ExpenseChargebacks, KindExpense, Debit},
	{EquityConversion, KindEquity, Credit},
	{EquitySuspense, KindEquity, Credit},
	{EquityOpeningBalance, KindEquity, Credit},
}

// Accounts lists every account.
var Accounts = accounts()

func accounts() []Account {
	all := make([]Account, len(chart))
	for i, line := range chart {
		all[i] = line.account
	}
	return all
}

// KindAccounts maps each kind of Stripe balance apart from pending and available to its account.
var KindAccounts = map[booking.BalanceKind]Account{
	booking.BalanceConnectReserved: AssetConnectReserved,
	booking.BalanceIssuing:         AssetIssuing,
}

// FeeAccounts are the accounts to which the parts of a balance transaction's fee are posted.
var FeeAccounts = []Account{ExpenseStripeFees, ExpenseFeeTaxes, ExpenseApplicationFees}

// Kind returns the account's kind; empty for an account that this version does not have.
func (a Account) Kind() Kind {
	for _, line := range chart {
		if line.account == a {
			return line.kind
		}
	}
	return ""
}

// NormalSide returns the side on which the account grows: debit for assets and expenses, credit for liabilities, income and
// equity, and debit for income:refunds, which reduces income.
func (a Account) NormalSide() Side {
	for _, line := range chart {
		if line.account == a {
			return line.normal
		}
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
