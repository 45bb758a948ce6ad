package reconciliation_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/ledger"
	"farebook/money"
	"farebook/reconciliation"
)

type amounts = map[money.Currency]int64

// gapsOn are the gaps of the clearing account.
func gapsOn(here, there amounts, allowed reconciliation.Allowance) []reconciliation.Gap {
	return reconciliation.CompareBalances(map[ledger.Account]map[money.Currency]int64{ledger.AssetStripeClearing: here},
		booking.Balances{Clearing: there}, allowed)
}

// A currency that only one side has, or only a note, is compared too.
func TestCurrencyOfOneSideIsCompared(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		here, there, lines, differences amounts
	}{
		"neither":                {nil, nil, nil, amounts{}},
		"the books alone":        {amounts{"USD": 7}, nil, nil, amounts{"USD": 7}},
		"Stripe alone":           {nil, amounts{"USD": 7}, nil, amounts{"USD": -7}},
		"one each":               {amounts{"EUR": 3}, amounts{"USD": 7}, nil, amounts{"EUR": 3, "USD": -7}},
		"a note alone":           {nil, nil, amounts{"USD": 5}, amounts{"USD": 0}},
		"both, and they are one": {amounts{"USD": 7}, amounts{"USD": 7}, nil, amounts{}},
	} {
		differences := amounts{}
		for _, gap := range gapsOn(c.here, c.there, reconciliation.Allowance{Lines: c.lines}) {
			differences[gap.Currency] = gap.Difference()
		}
		require.Equal(t, c.differences, differences, name)
	}
}

// The tolerance is the largest difference that is ignored, in either direction.
func TestToleranceOfABalance(t *testing.T) {
	t.Parallel()
	allowed := reconciliation.Allowance{Lines: amounts{"USD": 100}, Tolerance: 2}
	for difference, holds := range map[int64]bool{97: false, 98: true, 101: true, 102: true, 103: false} {
		gaps := gapsOn(amounts{"USD": 1000 + difference}, amounts{"USD": 1000}, allowed)
		require.Len(t, gaps, 1)
		require.Equal(t, holds, gaps[0].Holds(), difference)
	}
}

// What an operator reads about a gap, and what the run keeps of it.
func TestGapsInWords(t *testing.T) {
	t.Parallel()
	gap := reconciliation.Gap{Account: ledger.AssetStripeClearing, Currency: "USD", Here: 1500, AtStripe: 1000}
	noted, less, lines, within := gap, gap, gap, gap
	noted.Noted = true
	less.Here, less.Noted = 600, true
	lines.Lines = 300
	within.Here, within.Within = 1002, true
	explained, kind, equal := within, gap, noted
	equal.Here = equal.AtStripe
	explained.Lines = 2
	kind.Account, kind.Kind = ledger.AssetIssuing, booking.BalanceIssuing
	for want, one := range map[string]reconciliation.Gap{
		"USD: $15.00 here, $10.00 at Stripe":                                                gap,
		"issuing: USD: $15.00 here, $10.00 at Stripe":                                       kind,
		"USD: $15.00 here, $10.00 at Stripe, and notes account for $3.00 of the difference": lines,
		"$10.02 here, $10.00 at Stripe, which is within the tolerance":                      within,
		"$0.02 more here than at Stripe, as a note on an item of a reconciliation says":     explained,
		"$5.00 more here than at Stripe, as a note on an item of a reconciliation says":     noted,
		"$4.00 less here than at Stripe, as a note on an item of a reconciliation says":     less,
		"$0.00 more here than at Stripe, as a note on an item of a reconciliation says":     equal,
	} {
		require.Equal(t, want, one.String())
	}
	found := lines.Finding()
	require.Equal(t, reconciliation.ObjectClearing, found.Object)
	require.Equal(t, "balance-USD", found.StripeID)
	require.Contains(t, found.Reason, "by $2.00 beyond what this run found")
	found = kind.Finding()
	require.Equal(t, reconciliation.ObjectBalanceKind, found.Object)
	require.Equal(t, "issuing-USD", found.StripeID)
	require.Contains(t, found.Reason, "asset:stripe_issuing differs from Stripe's issuing balance by $5.00")
}

// A note explains a gap of one amount, on the account that it was written for.
func TestNoteExplainsItsGapAlone(t *testing.T) {
	t.Parallel()
	for gap, holds := range map[string]bool{"balance-USD": true, "issuing-USD": false, "balance-EUR": false, "-USD": false} {
		allowed := reconciliation.Allowance{Gaps: map[string][]int64{gap: {500}}}
		require.Equal(t, holds, gapsOn(amounts{"USD": 1500}, amounts{"USD": 1000}, allowed)[0].Holds(), gap)
		require.False(t, gapsOn(amounts{"USD": 1501}, amounts{"USD": 1000}, allowed)[0].Holds(), "another amount")
	}
}
