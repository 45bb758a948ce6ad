package ledger_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/ledger"
	"farebook/money"
)

func journal(entries ...ledger.Entry) ledger.Manual {
	return ledger.Manual{
		Key: "2026-11.rent", Reason: "Rent of November", EffectiveAt: time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC), Entries: entries,
	}
}

func twoSides(debit, credit ledger.Account, amount int64) []ledger.Entry {
	return []ledger.Entry{{debit, ledger.Debit, amount, "USD"}, {credit, ledger.Credit, amount, "USD"}}
}

func TestJournalsThatAreTaken(t *testing.T) {
	t.Parallel()
	taken := journal(twoSides(ledger.ExpenseStripeFees, ledger.AssetBank, 100)...)
	transaction, err := taken.Transaction()
	require.NoError(t, err)
	require.Equal(t, "journal/2026-11.rent", transaction.OperationKey)
	require.Equal(t, ledger.ByPerson, transaction.Effective.Basis)

	paid := journal(twoSides(ledger.LiabilityRefundsPayable, ledger.AssetBank, 100)...)
	paid.Refund = "RF-7K2M9QXA"
	require.NoError(t, paid.Validate())
	require.Equal(t, money.Money{Value: 100, Currency: "USD"}, paid.Pays())
	require.Zero(t, taken.Pays())
	paid.Entries[0], paid.Entries[1] = paid.Entries[1], paid.Entries[0]
	require.Equal(t, money.Money{Value: 100, Currency: "USD"}, paid.Pays())
}

// The bounds of a journal are within it.
func TestBoundsOfJournals(t *testing.T) {
	t.Parallel()
	const most = 10_000_000_000_000 // of an entry, in minor units
	bounds := func(reason, year, pairs int, amount int64) ledger.Manual {
		m := journal()
		m.Reason, m.EffectiveAt = strings.Repeat("x", reason), time.Date(year, 1, 1, 0, 0, 1, 0, time.UTC)
		for range pairs {
			m.Entries = append(m.Entries, twoSides(ledger.ExpenseStripeFees, ledger.AssetBank, amount)...)
		}
		return m
	}
	for name, good := range map[string]ledger.Manual{"least": bounds(1, 1970, 1, 1), "most": bounds(200, 2100, ledger.MaxEntries/2, most)} {
		_, err := good.Transaction()
		require.NoError(t, err, name)
	}
	for says, bad := range map[string]ledger.Manual{
		"reason is empty or too long":          bounds(201, 2026, 1, 1),
		"effectiveAt is missing":               bounds(1, 1969, 1, 1),
		"entries has too few or too many":      bounds(1, 2026, ledger.MaxEntries/2+1, 1),
		"entries[1].amount.value is out of ra": bounds(1, 2026, 1, most+1),
	} {
		require.ErrorContains(t, bad.Validate(), says)
	}
}

// A refund is paid by one entry, which debits it.
func TestJournalPaysItsRefundOnce(t *testing.T) {
	t.Parallel()
	once := twoSides(ledger.LiabilityRefundsPayable, ledger.AssetBank, 100)
	taken := journal(twoSides(ledger.AssetBank, ledger.LiabilityRefundsPayable, 100)...)
	twice := journal(append(slices.Clone(once), once...)...)
	nobodys := journal(once...)
	taken.Refund, twice.Refund, nobodys.Refund = "RF-7K2M9QXA", "RF-7K2M9QXA", "RF-1"
	for says, bad := range map[string]ledger.Manual{
		"name the refund that was paid from the bank": taken, "entries do not pay the refund": twice, "refund is not the id": nobodys,
	} {
		require.ErrorContains(t, bad.Validate(), says)
	}
}

func TestJournalsThatAreRefused(t *testing.T) {
	t.Parallel()
	good := twoSides(ledger.ExpenseStripeFees, ledger.AssetBank, 100)
	unbalanced := twoSides(ledger.ExpenseStripeFees, ledger.AssetBank, 100)
	unbalanced[1].Amount = 99
	for says, bad := range map[string]ledger.Manual{
		"key is not a key":                   {Key: "-x", Reason: "x", EffectiveAt: created, Entries: good},
		"reason is empty or too long":        {Key: "x", EffectiveAt: created, Entries: good},
		"effectiveAt is missing":             {Key: "x", Reason: "x", Entries: good},
		"entries has too few":                journal(good[0]),
		"entries do not balance":             journal(unbalanced...),
		"entries[1].account follows from":    journal(twoSides(ledger.AssetBank, ledger.AssetStripeClearing, 100)...),
		"entries[0].account follows from":    journal(twoSides(ledger.LiabilityUnearnedRevenue, ledger.AssetBank, 100)...),
		"name the refund that was paid":      journal(twoSides(ledger.LiabilityRefundsPayable, ledger.AssetBank, 100)...),
		"entries[0].account is not":          journal(twoSides("asset:nowhere", ledger.AssetBank, 100)...),
		"entries[0].amount.value is out of":  journal(twoSides(ledger.ExpenseStripeFees, ledger.AssetBank, 0)...),
		"entries[0].side is not a side":      journal(ledger.Entry{ledger.AssetBank, "left", 1, "USD"}, good[1]),
		"entries[0].amount.currency is not ": journal(ledger.Entry{ledger.AssetBank, ledger.Debit, 100, "usd"}, good[1]),
	} {
		require.ErrorContains(t, bad.Validate(), says)
	}
	other := journal(good...)
	other.Refund = "RF-7K2M9QXA"
	require.ErrorContains(t, other.Validate(), "entries do not pay the refund")
}

// Stripe may settle another amount than was asked for in the same currency: the clearing account has what Stripe took, and suspense the
// difference.
func TestAnotherAmountInTheSameCurrencyLeavesTheDifferenceInSuspense(t *testing.T) {
	t.Parallel()
	posted, err := ledger.Refund(reference, refund(txn("txn_1", -19990, 0, "USD", "refund"), nil))
	require.NoError(t, err)
	require.Equal(t, map[ledger.Account]int64{
		ledger.LiabilityRefundsPayable: 20000, ledger.EquitySuspense: -10, ledger.AssetStripeClearing: -19990,
	}, sums(posted.Entries))
}
