package ledger_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/ledger"
	"farebook/money"
)

func correcting(against ledger.Account, clearing, fees map[money.Currency]int64) ledger.Correcting {
	return ledger.Correcting{
		ItemID: 7, Reference: reference, PaymentIntentID: "pi_1", BalanceTransactionID: "txn_9", Clearing: clearing, Fees: fees,
		Against: against, Count: 1, Effective: decided,
	}
}

func TestCorrectionsAreAsAgreed(t *testing.T) {
	t.Parallel()
	type amounts = map[money.Currency]int64
	for name, c := range map[string]ledger.Correcting{
		"correction_foreign_payment": correcting(ledger.EquitySuspense, amounts{"USD": 44539}, amounts{"USD": 1361}),
		"correction_fee":             correcting(ledger.EquitySuspense, amounts{"USD": 9}, amounts{"USD": -9}),
		"correction_amount":          correcting(ledger.LiabilityUnearnedRevenue, amounts{"USD": -7}, amounts{"USD": 0}),
		"correction_currency": correcting(ledger.LiabilityUnearnedRevenue,
			amounts{"EUR": -44539, "USD": 44539}, amounts{"EUR": -1361, "USD": 1361}),
		"correction_stripe_bill": correcting(ledger.ExpenseStripeFees, amounts{"USD": -2500}, nil),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			transaction, err := ledger.Correction(c)
			require.NoError(t, err)
			requireGolden(t, name, render(transaction))
			sums := balances(transaction)
			for currency, amount := range c.Clearing {
				require.Equal(t, amount, sums[ledger.AssetStripeClearing][currency], "clearing received what was missing")
			}
		})
	}
}

func TestCorrectionsThatAreRefused(t *testing.T) {
	t.Parallel()
	for _, account := range []ledger.Account{"", "asset:stripe_clearing", "asset:disputed_funds", "expense:chargebacks", "equity:invented"} {
		_, err := ledger.Correction(correcting(account, map[money.Currency]int64{"USD": 1}, nil))
		require.ErrorContains(t, err, "use one of")
	}
	_, err := ledger.Correction(correcting(ledger.EquitySuspense, map[money.Currency]int64{"USD": 0}, nil))
	require.ErrorContains(t, err, "has 0 entries")
}
