package view_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/ledger/closing"
	"farebook/starter/view"
	"farebook/store/monthend"
)

// An account that only the month before has is beside the others: a controller asks why nothing moved it.
func TestAccountsOfTheMonthBeforeAreShown(t *testing.T) {
	t.Parallel()
	shown := view.MonthEndOf(monthend.Review{
		Trial: closing.Trial{Lines: []closing.Line{
			{Account: "asset:bank", Currency: "EUR", Debit: 500, Closing: 500},
			{Account: "asset:bank", Currency: "USD", Opening: 700, Credit: 100, Closing: 600},
		}},
		Previous: closing.Trial{Lines: []closing.Line{
			{Account: "asset:bank", Currency: "USD", Debit: 700, Closing: 700},
			{Account: "expense:chargebacks", Currency: "USD", Debit: 900, Credit: 900},
			{Account: "expense:fee_taxes", Currency: "USD", Debit: 30, Credit: 10, Closing: 20},
		}},
	})
	require.Equal(t, []view.TrialLine{
		{Account: "asset:bank", Currency: "EUR", Debit: 500, Closing: 500},
		{Account: "asset:bank", Currency: "USD", Opening: 700, Credit: 100, Closing: 600, MonthBefore: 700},
		{Account: "expense:chargebacks", Currency: "USD"},
		{Account: "expense:fee_taxes", Currency: "USD", MonthBefore: 20},
	}, shown.TrialBalance)
}
