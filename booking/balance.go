package booking

// BalanceKind is money at Stripe beside what is available and pending. None of it is counted there as well, but for what may be
// paid out at once (instant_available), which is a part of what is available and so no kind here.
type BalanceKind string

// The kinds (stripe.com/docs/api/balance/balance_object).
const (
	BalanceConnectReserved BalanceKind = "connect_reserved" // held for connected accounts that are below zero
	BalanceIssuing         BalanceKind = "issuing"          // for cards that are issued
)

// BalanceKinds are all there are.
var BalanceKinds = []BalanceKind{BalanceConnectReserved, BalanceIssuing}

// Balances are what Stripe holds, in minor units per currency.
type Balances struct {
	// Clearing is pending and available together: what the clearing account is compared with.
	Clearing map[Currency]int64
	Kinds    map[BalanceKind]map[Currency]int64
}
