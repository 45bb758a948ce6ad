package closing_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/ledger"
	"farebook/ledger/closing"
)

// trial is a month that begins with 100 dollars at the bank, and moves 30 of them to Stripe's fees in two steps.
func trial() closing.Trial {
	return closing.NewTrial("2026-11", "UTC",
		[]closing.Line{
			{Account: ledger.EquityOpeningBalance, Currency: "USD", Closing: -10000},
			{Account: ledger.AssetBank, Currency: "USD", Closing: 10000},
			{Account: ledger.IncomeFlights, Currency: "USD"},
		},
		[]closing.Movement{
			{Account: ledger.AssetBank, Currency: "USD", Debit: 500, Credit: 2500},
			{Account: ledger.ExpenseStripeFees, Currency: "USD", Debit: 2500, Credit: 500},
			{Account: ledger.AssetBank, Currency: "USD", Credit: 1000},
			{Account: ledger.ExpenseStripeFees, Currency: "USD", Debit: 1000},
			{Account: ledger.AssetBank, Currency: "EUR", Debit: 7, Credit: 7},
		})
}

// The trial balance adds movements to openings, in the order of accounts and currencies, and leaves out what had and has nothing.
func TestTrialBalance(t *testing.T) {
	t.Parallel()
	require.NoError(t, trial().Check())
	require.Equal(t, "period: 2026-11\ntime zone: UTC\ntransactions: 0\nentries: 0\n"+
		"balance: asset:bank EUR opening 0.00 debit 0.07 credit 0.07 closing 0.00\n"+
		"balance: asset:bank USD opening 100.00 debit 5.00 credit 35.00 closing 70.00\n"+
		"balance: equity:opening_balance USD opening -100.00 debit 0.00 credit 0.00 closing -100.00\n"+
		"balance: expense:stripe_fees USD opening 0.00 debit 35.00 credit 5.00 closing 30.00\n", trial().Text())
	credited := closing.NewTrial("2026-11", "UTC", nil, []closing.Movement{{Account: ledger.AssetBank, Currency: "USD", Credit: 1}})
	require.Len(t, credited.Lines, 1)
}

func TestTrialBalancesThatDoNotBalance(t *testing.T) {
	t.Parallel()
	for says, change := range map[string]func(*closing.Trial){
		"asset:bank USD: opening and movements are not": func(trial *closing.Trial) { trial.Lines[1].Closing++ },
		"equity:opening_balance USD: opening and":       func(trial *closing.Trial) { trial.Lines[2].Opening++ },
		"USD: debits and credits differ by $0.01, and the balances by $0.01": func(trial *closing.Trial) {
			trial.Lines[1].Debit++
			trial.Lines[1].Closing++
		},
		"differ by -$0.01, and the balances by $0.00": func(trial *closing.Trial) {
			trial.Lines[1].Credit++
			trial.Lines[1].Opening++
		},
		"differ by $0.00, and the balances by $0.05": func(trial *closing.Trial) {
			trial.Lines[1].Opening += 5
			trial.Lines[1].Closing += 5
		},
	} {
		wrong := trial()
		change(&wrong)
		require.ErrorContains(t, wrong.Check(), says)
	}
}

// A closing covers what it says and the one before it.
func TestClosingsFollowOneAnother(t *testing.T) {
	t.Parallel()
	first := closing.Closing{Action: closing.Close, Trial: trial(), Reason: "November"}.Sealed(closing.Closing{})
	second := closing.Closing{Action: closing.Reopen, Trial: trial()}.Sealed(first)
	require.EqualValues(t, 2, second.Number)
	require.NoError(t, first.Intact(closing.Closing{}))
	require.NoError(t, second.Intact(first))
	require.ErrorContains(t, second.Intact(closing.Closing{}), "closing 2 does not follow closing 0")
	other := first
	other.Digest[0]++
	require.ErrorContains(t, second.Intact(other), "closing 2 does not follow closing 1")
	require.ErrorContains(t, other.Intact(closing.Closing{}), "closing 1 of 2026-11 was changed")

	require.NoError(t, first.Holds(trial()))
	changed := trial()
	changed.Lines[0].Debit++
	require.ErrorContains(t, first.Holds(changed), "is another one than when it was closed")
}
