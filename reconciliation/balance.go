package reconciliation

import (
	"fmt"
	"maps"
	"slices"

	"farebook/booking"
	"farebook/ledger"
	"farebook/money"
)

// Allowance is what an account and Stripe's balance may differ by, here less at Stripe.
type Allowance struct {
	// Lines are differences of balance transactions on the clearing account: items of a run, or items that were resolved by a note.
	Lines map[money.Currency]int64
	// Gaps are differences of a whole account that were resolved by a note, by the StripeID of their finding.
	Gaps map[string][]int64
	// Tolerance in minor units: what Lines leave over, up to it, is ignored.
	Tolerance int64
}

// Gap is an account beside Stripe's balance, in one currency, where the two are not simply equal.
type Gap struct {
	Account  ledger.Account
	Kind     booking.BalanceKind // empty for the clearing account
	Currency money.Currency
	// Here and AtStripe are minor units; Lines is the part of their difference that the allowance's lines account for.
	Here, AtStripe, Lines int64
	// Within: lines and tolerance account for the difference. Noted: all of it was noted as the account's own.
	Within, Noted bool
}

// Holds tells whether the gap is accounted for.
func (g Gap) Holds() bool { return g.Within || g.Noted }

// Difference is here less at Stripe.
func (g Gap) Difference() int64 { return g.Here - g.AtStripe }

// CompareBalances returns the gaps between the books and Stripe's balances, also those that are accounted for, in the order of
// accounts and currencies. Reconciliation and verify both judge by it, so that they agree about the same facts.
func CompareBalances(here map[ledger.Account]map[money.Currency]int64, there booking.Balances, allowed Allowance) []Gap {
	gaps := compareAccount(ledger.AssetStripeClearing, "", here[ledger.AssetStripeClearing], there.Clearing, allowed)
	allowed.Lines = nil // what moved money of a kind is not explained by what the clearing account has
	for _, kind := range booking.BalanceKinds {
		account := ledger.KindAccounts[kind]
		gaps = append(gaps, compareAccount(account, kind, here[account], there.Kinds[kind], allowed)...)
	}
	return gaps
}

func compareAccount(account ledger.Account, kind booking.BalanceKind, ours, theirs map[money.Currency]int64, allowed Allowance) (gaps []Gap) {
	currencies := maps.Clone(ours)
	if currencies == nil {
		currencies = map[money.Currency]int64{}
	}
	maps.Copy(currencies, theirs)
	maps.Copy(currencies, allowed.Lines)
	for _, currency := range slices.Sorted(maps.Keys(currencies)) {
		gap := Gap{
			Account: account, Kind: kind, Currency: currency, Here: ours[currency], AtStripe: theirs[currency], Lines: allowed.Lines[currency],
		}
		gap.Within = !beyond(gap.Difference()-gap.Lines, allowed.Tolerance)
		gap.Noted = slices.Contains(allowed.Gaps[gap.stripeID()], gap.Difference())
		if gap.Difference() != 0 || !gap.Within {
			gaps = append(gaps, gap)
		}
	}
	return gaps
}

// stripeID names the gap among the findings of a run.
func (g Gap) stripeID() string {
	if g.Kind == "" {
		return "balance-" + string(g.Currency)
	}
	return string(g.Kind) + "-" + string(g.Currency)
}

// Finding is the gap as an item of a run. A gap that is noted is one, too: it is written as resolved.
func (g Gap) Finding() Finding {
	finding := Finding{
		Class: AmountMismatch, Object: ObjectClearing, StripeID: g.stripeID(), Here: g.Here, AtStripe: g.AtStripe, Currency: g.Currency,
		Reason: fmt.Sprintf("the clearing account differs from Stripe's balance by %s beyond what this run found: look further back",
			money.Text(g.Difference()-g.Lines, g.Currency)),
	}
	if g.Kind != "" {
		finding.Object = ObjectBalanceKind
		finding.Reason = fmt.Sprintf("%s differs from Stripe's %s balance by %s: post what moved it against this account", g.Account, g.Kind,
			money.Text(g.Difference(), g.Currency))
	}
	return finding
}

// String says where the two sides stand, for an operator.
func (g Gap) String() string {
	text := ""
	if g.Kind != "" {
		text = string(g.Kind) + ": "
	}
	switch {
	case g.Within && g.Lines == 0:
		return text + fmt.Sprintf("%s here, %s at Stripe, which is within the tolerance", money.Text(g.Here, g.Currency), money.Text(g.AtStripe, g.Currency))
	case g.Holds():
		than := "more"
		if g.Difference() < 0 {
			than = "less"
		}
		return text + fmt.Sprintf("%s %s here than at Stripe, as a note on an item of a reconciliation says",
			money.Text(max(g.Difference(), -g.Difference()), g.Currency), than)
	}
	text += fmt.Sprintf("%s: %s here, %s at Stripe", g.Currency, money.Text(g.Here, g.Currency), money.Text(g.AtStripe, g.Currency))
	if g.Lines != 0 {
		text += fmt.Sprintf(", and notes account for %s of the difference", money.Text(g.Lines, g.Currency))
	}
	return text
}
