package booking

import "farebook/money"

// BalanceKind is a part of the money at Stripe. None is counted in another, but for what may be paid out at once
// (instant_available), which is a part of what is available and so no kind here.
type BalanceKind string

// The two that are together the balance (stripe.com/docs/api/balance/balance_object).
const (
	BalanceAvailable BalanceKind = "available"
	BalancePending   BalanceKind = "pending"
)

// The kinds beside it.
const (
	BalanceConnectReserved BalanceKind = "connect_reserved" // held for connected accounts that are below zero
	BalanceIssuing         BalanceKind = "issuing"          // for cards that are issued
)

// BalanceKinds are all that are beside the balance.
var BalanceKinds = []BalanceKind{BalanceConnectReserved, BalanceIssuing}

// Balances are what Stripe holds, in minor units per currency.
type Balances struct {
	// Clearing is pending and available together: what the clearing account is compared with.
	Clearing map[money.Currency]int64
	Kinds    map[BalanceKind]map[money.Currency]int64
}
