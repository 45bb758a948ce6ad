package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/ledger"
	"farebook/money"
)

func TestDocsAreCurrent(t *testing.T) {
	t.Parallel()
	want, err := pages()
	require.NoError(t, err)
	for name, text := range want {
		found, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "docs", name))
		require.NoError(t, err)
		require.Equal(t, text, string(found), "docs/%s is stale: run `make generate`", name)
	}
}

func TestWritesIntoAFolderThatExists(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	require.NoError(t, write(folder))
	for _, name := range []string{"states.md", "ledger.md", "configuration.md"} {
		text, err := os.ReadFile(filepath.Join(folder, name))
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(string(text), "# "))
	}
	require.ErrorContains(t, write(filepath.Join(folder, "none")), "top folder")
}

// A state or transition that is new in the code must be described.
func TestUndescribedIsRefused(t *testing.T) {
	t.Parallel()
	two := func() machine[booking.Status] {
		return machine[booking.Status]{
			name:   "Two",
			table:  map[booking.Status][]booking.Status{"a": {"b"}, "b": {}},
			states: []state[booking.Status]{{"a", waiting, "first"}, {"b", good, "second"}},
			causes: map[booking.Status]map[booking.Status]string{"a": {"b": "go"}},
		}
	}
	whole := two()
	require.NoError(t, whole.write(&strings.Builder{}))
	for want, change := range map[string]func(*machine[booking.Status]){
		"the state c is not described":         func(m *machine[booking.Status]) { m.table["c"] = nil },
		"the described state c does not exist": func(m *machine[booking.Status]) { m.states = append(m.states, state[booking.Status]{is: "c"}) },
		"the cause from b to a is missing":     func(m *machine[booking.Status]) { m.table["b"] = []booking.Status{"a"} },
		"a cause from a to b is described":     func(m *machine[booking.Status]) { m.table["a"] = nil },
		"the cause from a to b is missing":     func(m *machine[booking.Status]) { m.causes = nil },
	} {
		broken := two()
		change(&broken)
		require.ErrorContains(t, broken.write(&strings.Builder{}), want)
	}
}

func TestEachAccountHasAMeaning(t *testing.T) {
	t.Parallel()
	for _, account := range ledger.Accounts {
		require.NotEmpty(t, meanings[account], account)
	}
	require.Len(t, meanings, len(ledger.Accounts))
}

func TestTAccountsBalance(t *testing.T) {
	t.Parallel()
	for _, e := range events {
		transactions, err := e.post()
		require.NoError(t, err, e.title)
		totals := map[money.Currency]int64{}
		for _, account := range ledger.Accounts {
			for _, drawn := range collect(transactions, account) {
				totals[drawn.currency] += sum(drawn.debits) - sum(drawn.credits)
			}
		}
		for currency, total := range totals {
			require.Zero(t, total, "%s in %s", e.title, currency)
		}
	}
}

func TestATAccount(t *testing.T) {
	t.Parallel()
	drawn := tAccount{account: ledger.AssetStripeClearing, currency: "USD", debits: []int64{45900}, credits: []int64{1361, 100}}
	require.Equal(t, `     asset:stripe_clearing, USD
──────────────────┬──────────────────
         $459.00  │          $13.61
                  │           $1.00
──────────────────┼──────────────────
         $444.39  │
`, drawn.draw())
	owed := tAccount{account: ledger.LiabilityUnearnedRevenue, currency: "JPY", credits: []int64{68000}}
	require.Equal(t, `   liability:unearned_revenue, JPY
──────────────────┬──────────────────
                  │         ¥68,000
──────────────────┼──────────────────
                  │         ¥68,000
`, owed.draw())
}
