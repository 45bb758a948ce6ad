package booking

import "farebook/money"

// BalanceKind is a part of the money at Stripe. The kinds do not overlap. Stripe's instant_available is a part of available,
// and therefore not a kind.
type BalanceKind string

// The parts of Stripe's balance (stripe.com/docs/api/balance/balance_object).
const (
	BalanceAvailable BalanceKind = "available"
	BalancePending   BalanceKind = "pending"
)

// The kinds of money that Stripe keeps apart from the balance.
const (
	BalanceConnectReserved BalanceKind = "connect_reserved" // held for connected accounts with a negative balance
	BalanceIssuing         BalanceKind = "issuing"          // held for issued cards
)

// BalanceKinds lists the kinds apart from the balance.
var BalanceKinds = []BalanceKind{BalanceConnectReserved, BalanceIssuing}

// Balances are the amounts at Stripe, in minor units by currency.
type Balances struct {
	// Clearing is pending plus available, which the clearing account must equal.
	Clearing map[money.Currency]int64
	Kinds    map[BalanceKind]map[money.Currency]int64
}
