package ledger_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/ledger"
)

// before is an opening that was an hour after the balance transactions of these tests.
var before = ledger.Opening{At: created.Add(time.Hour)}

func unbooked(category string, amount, fee int64) ledger.Unbooked {
	return ledger.Unbooked{
		ObjectID: "re_2", PaymentIntentID: "pi_2", Description: "charge ch_2 was paid before the opening of 2027-05-01T15:20:00Z",
		Balance: booking.BalanceTransaction{
			ID: "txn_11", Created: created, Amount: amount, Fee: fee, Net: amount - fee, Currency: "USD", ReportingCategory: category,
		},
	}
}

func TestOpeningIsPostedAsAgreed(t *testing.T) {
	t.Parallel()
	for name, post := range map[string]func() (ledger.Transaction, error){
		"opening": func() (ledger.Transaction, error) {
			return ledger.OpeningBalance(before, "USD",
				map[ledger.Account]int64{ledger.AssetStripeClearing: 120000, ledger.AssetConnectReserved: 5000})
		},
		"opening_below_zero": func() (ledger.Transaction, error) {
			return ledger.OpeningBalance(before, "EUR", map[ledger.Account]int64{ledger.AssetStripeClearing: -700, ledger.AssetIssuing: 0})
		},
		"payment_before_opening":   func() (ledger.Transaction, error) { return under(payment(paid(nil))) },
		"before_opening_refund":    func() (ledger.Transaction, error) { return ledger.BeforeOpening(unbooked("refund", -20000, 0)) },
		"before_opening_dispute":   func() (ledger.Transaction, error) { return ledger.BeforeOpening(unbooked("dispute", -20000, 1500)) },
		"other_integration":        func() (ledger.Transaction, error) { return ledger.OtherIntegration(unbooked("charge", 45900, 1361)) },
		"other_integration_refund": func() (ledger.Transaction, error) { return ledger.OtherIntegration(unbooked("refund", -45900, 0)) },
		"other_integration_reversed": func() (ledger.Transaction, error) {
			return reversed(ledger.OtherIntegration(unbooked("charge", 45900, 1361)))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			transaction, err := post()
			require.NoError(t, err)
			require.NoError(t, transaction.Validate())
			requireGolden(t, name, render(transaction))
		})
	}
}

func under(t ledger.Transaction, err error) (ledger.Transaction, error) { return t.Under(before), err }

// Nothing of before the opening may be on the clearing account twice, and nothing of after it may be missing there: the second of
// the opening is after it.
func TestOnlyWhatWasCreatedBeforeTheOpeningIsTakenFromIt(t *testing.T) {
	t.Parallel()
	transaction, err := payment(paid(nil))
	require.NoError(t, err)
	onClearing := func(opening time.Time) (found bool) {
		for _, entry := range transaction.Under(ledger.Opening{At: opening}).Entries {
			found = found || entry.Account == ledger.AssetStripeClearing
		}
		return found
	}
	require.True(t, onClearing(created), "created in the second of the opening")
	require.False(t, onClearing(created.Add(time.Second)))
	require.True(t, onClearing(time.Time{}), "an account that began with Farebook")
	early, err := payment(paid(unsettled))
	require.NoError(t, err)
	require.Equal(t, early, early.Under(before), "its balance transaction is still to come")
}

func TestNothingIsPostedForAnEmptyBalance(t *testing.T) {
	t.Parallel()
	transaction, err := ledger.OpeningBalance(before, "USD", map[ledger.Account]int64{ledger.AssetStripeClearing: 0})
	require.NoError(t, err)
	require.Empty(t, transaction.Entries)
}

func TestMoneyThatNobodyKnowsIsNotPosted(t *testing.T) {
	t.Parallel()
	_, err := ledger.PostUnbooked("", unbooked("charge", 45900, 1361))
	require.ErrorContains(t, err, "has no explanation")
}

// Types that belong to no booking are those that are listed.
func TestUnbookedTypes(t *testing.T) {
	t.Parallel()
	for kind := range ledger.Rules {
		require.Equal(t, slices.Contains(ledger.UnbookedTypes, kind), kind.Unbooked(), kind)
	}
}
