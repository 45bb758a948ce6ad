package reconciliation

import (
	"fmt"
	"maps"
	"slices"

	"farebook/booking"
	"farebook/ledger"
	"farebook/money"
)

// Allowance is the accepted difference between an account in the books and a balance at Stripe (books less Stripe).
type Allowance struct {
	// Lines are differences of single balance transactions on the clearing account: open findings of the run, and findings that
	// an operator resolved with a note. Minor units.
	Lines map[money.Currency]int64
	// Gaps are differences of a whole account that an operator resolved with a note, by the StripeID of their finding. Minor
	// units.
	Gaps map[string][]int64
	// Tolerance is the amount in minor units up to which a difference that Lines do not explain is ignored.
	Tolerance int64
}

// Gap is a difference between an account and a balance at Stripe, in one currency.
type Gap struct {
	Account  ledger.Account
	Kind     booking.BalanceKind // empty for the clearing account
	Currency money.Currency
	// Here and AtStripe are minor units. Lines is the part of their difference that Allowance.Lines explain.
	Here, AtStripe, Lines int64
	// Within: Lines and Tolerance explain the difference. Noted: an operator's note explains all of it.
	Within, Noted bool
}

// Holds reports whether the gap is explained.
func (g Gap) Holds() bool { return g.Within || g.Noted }

// Difference returns the amount in the books less the amount at Stripe, in minor units.
func (g Gap) Difference() int64 { return g.Here - g.AtStripe }

// CompareBalances returns the gaps between the books and Stripe's balances, including explained ones, ordered by account and
// currency. Reconciliation and `starter verify` both use it, so that they judge the same facts alike.
func CompareBalances(here map[ledger.Account]map[money.Currency]int64, there booking.Balances, allowed Allowance) []Gap {
	gaps := compareAccount(ledger.AssetStripeClearing, "", here[ledger.AssetStripeClearing], there.Clearing, allowed)
	allowed.Lines = nil // the lines are on the clearing account and explain nothing of other kinds
	for _, kind := range booking.BalanceKinds {
		account := ledger.KindAccounts[kind]
		gaps = append(gaps, compareAccount(account, kind, here[account], there.Kinds[kind], allowed)...)
	}
	return gaps
}

func compareAccount(account ledger.Account, kind booking.BalanceKind, ours, theirs map[money.Currency]int64,
	allowed Allowance,
) (gaps []Gap) {
	currencies := map[money.Currency]int64{}
	maps.Copy(currencies, ours)
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

// stripeID identifies the gap among the findings of a run.
func (g Gap) stripeID() string {
	if g.Kind == "" {
		return "balance-" + string(g.Currency)
	}
	return string(g.Kind) + "-" + string(g.Currency)
}

// Finding returns the gap as a finding of a run. A noted gap is a finding too; it is stored as resolved.
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

// String describes both sides for an operator.
func (g Gap) String() string {
	text := ""
	if g.Kind != "" {
		text = string(g.Kind) + ": "
	}
	switch {
	case g.Within && g.Lines == 0:
		return text + fmt.Sprintf("%s here, %s at Stripe, which is within the tolerance", money.Text(g.Here, g.Currency),
			money.Text(g.AtStripe, g.Currency))
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
