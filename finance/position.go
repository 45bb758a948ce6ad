package finance

import (
	"maps"
	"slices"
	"strings"

	"farebook/ledger"
	"farebook/ledger/seal"
	"farebook/money"
)

// Sums are amounts in minor units by currency.
type Sums map[money.Currency]int64

// Plus are the sums with others added, or subtracted by a sign of -1.
func (s Sums) Plus(others Sums, sign int64) Sums {
	sums := maps.Clone(s)
	if sums == nil {
		sums = Sums{}
	}
	for currency, amount := range others {
		sums[currency] += sign * amount
	}
	return sums
}

// Equal checks that sums are as they must be.
func (s Sums) Equal(text string, want Sums) Check {
	proof := NewProof(text)
	all := s.Plus(want, 0)
	for _, currency := range slices.Sorted(maps.Keys(all)) {
		if s[currency] != want[currency] {
			proof.Differs("%s and not %s", money.Text(s[currency], currency), money.Text(want[currency], currency))
		}
	}
	return proof.Check()
}

// ClearingOf are the sums of what a transaction moves in the clearing account.
func ClearingOf(entries []ledger.Entry) Sums {
	sums := Sums{}
	for _, entry := range entries {
		if entry.Account == ledger.AssetStripeClearing {
			sums[entry.Currency] += entry.Signed()
		}
	}
	return sums
}

// Position is the clearing account at a time, and what of it Stripe's balance does not have yet: payments that were posted before
// Stripe had their balance transactions.
type Position struct {
	Clearing, InTransit Sums
}

// NewPosition begins a position with the balances at the time.
func NewPosition(balances seal.Sums) Position {
	return Position{Sums(maps.Clone(balances[ledger.AssetStripeClearing])), Sums{}}
}

// AtStripe is what Stripe's balance transactions add up to.
func (p Position) AtStripe() Sums { return p.Clearing.Plus(p.InTransit, -1) }

// The categories of a balance summary: Stripe's four, and the ledger's lines that prove them.
const (
	balanceStart     = "starting_balance"
	balanceActivity  = "activity"
	balancePayouts   = "payouts"
	balanceEnd       = "ending_balance"
	balanceClearing  = "ledger_balance"
	balanceInTransit = "in_transit"
)

// BalanceTable is the shape of a balance summary.
func BalanceTable(i Interval) Table {
	return Table{Name: "balance-summary", Interval: i, Columns: []Column{
		{"category", Text}, {"description", Text}, {"net_amount", Amount}, {"currency", Text},
	}}
}

// BalanceSummary is what moved Stripe's balance in an interval. Opened is the opening balance that was posted in it.
type BalanceSummary struct {
	Interval          Interval
	Start, End        Position
	Opened            Sums
	Activity, Payouts Sums // Payouts is what left the balance, and so positive
}

// end is the ending balance as the lines above it say.
func (b BalanceSummary) end() Sums {
	return b.Start.AtStripe().Plus(b.Opened, 1).Plus(b.Activity, 1).Plus(b.Payouts, -1)
}

// Rows are the rows of BalanceTable, by currency, without those of InTransit.
func (b BalanceSummary) Rows() []Row {
	lines := []struct {
		category, description string
		sums                  Sums
	}{
		{balanceStart, "Stripe's balance " + b.before(), b.Start.AtStripe()},
		{balanceActivity, "Opening balance of the books", b.Opened},
		{balanceActivity, "Balance change from activity", b.Activity},
		{balancePayouts, "Payouts, less those that came back", b.Payouts},
		{balanceEnd, "Stripe's balance before " + b.Interval.Day(b.Interval.To), b.end()},
		{balanceClearing, "Balance of " + string(ledger.AssetStripeClearing), b.End.Clearing},
	}
	all := Sums{}
	for _, line := range lines {
		all = all.Plus(line.sums, 1)
	}
	var rows []Row
	for _, currency := range slices.Sorted(maps.Keys(all)) {
		idle := true // of a currency that was exchanged for another at once
		for _, line := range lines {
			idle = idle && line.sums[currency] == 0
		}
		for _, line := range lines {
			if line.sums[currency] == 0 && (idle || strings.HasPrefix(line.description, "Opening")) {
				continue
			}
			rows = append(rows, balanceRow(line.category, line.description, line.sums[currency], currency))
		}
	}
	return rows
}

func (b BalanceSummary) before() string {
	if b.Interval.From.IsZero() {
		return "before the first transaction"
	}
	return "before " + b.Interval.Day(b.Interval.From)
}

func balanceRow(category, description string, amount int64, currency money.Currency) Row {
	return Row{category, description, money.Money{Value: amount, Currency: currency}, string(currency)}
}

// InTransit are the rows of a transaction that the clearing account has and Stripe's balance does not.
func InTransit(t Posted) []Row {
	var rows []Row
	sums := ClearingOf(t.Entries)
	for _, currency := range slices.Sorted(maps.Keys(sums)) {
		about := string(t.Reference) + ": posted before Stripe had a balance transaction of " + t.PaymentIntentID
		rows = append(rows, balanceRow(balanceInTransit, about, sums[currency], currency))
	}
	return rows
}

// Checks prove the summary by the clearing account, whose balances are read apart from the balance transactions.
func (b BalanceSummary) Checks() Checks {
	return Checks{
		b.end().Equal("start and activity less payouts are the end: the clearing account's balance less what is in transit", b.End.AtStripe()),
	}
}
