package ledger_test

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/ledger"
	"farebook/money"
)

func pair(amount int64, currency money.Currency) []ledger.Entry {
	return []ledger.Entry{
		{Account: ledger.AssetStripeClearing, Side: ledger.Debit, Amount: amount, Currency: currency},
		{Account: ledger.LiabilityUnearnedRevenue, Side: ledger.Credit, Amount: amount, Currency: currency},
	}
}

func TestValidateNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func([]ledger.Entry) []ledger.Entry{
		"has 0 entries: double entry needs at least two": func([]ledger.Entry) []ledger.Entry { return nil },
		"has 1 entries: double entry needs at least two": func(e []ledger.Entry) []ledger.Entry { return e[:1] },
		"has 102 entries: at most 100": func(e []ledger.Entry) []ledger.Entry {
			for len(e) < 102 {
				e = append(e, pair(1, "USD")...)
			}
			return e
		},
		"entry 1: an amount of $0.00: ":                       func(e []ledger.Entry) []ledger.Entry { e[1].Amount = 0; return e },
		"entry 0: an amount of -$1.00: ":                      func(e []ledger.Entry) []ledger.Entry { e[0].Amount = -100; return e },
		"entry 0: an amount of -$92,233,720,368,547,758.08: ": func(e []ledger.Entry) []ledger.Entry { e[0].Amount = math.MinInt64; return e },
		"entry 1: an amount of $92,233,720,368,547,758.07: ":  func(e []ledger.Entry) []ledger.Entry { e[1].Amount = math.MaxInt64; return e },
		"entry 1: no currency":                                func(e []ledger.Entry) []ledger.Entry { e[1].Currency = ""; return e },
		`entry 0: currency "usd"`:                             func(e []ledger.Entry) []ledger.Entry { e[0].Currency = "usd"; return e },
		`entry 0: unknown account "asset:gold"`:               func(e []ledger.Entry) []ledger.Entry { e[0].Account = "asset:gold"; return e },
		`entry 1: "left" is neither debit nor credit`:         func(e []ledger.Entry) []ledger.Entry { e[1].Side = "left"; return e },
		"debits of $1.00 and credits of $0.99 differ":         func(e []ledger.Entry) []ledger.Entry { e[1].Amount = 99; return e },
		"debits of €0.00 and credits of €1.00 differ":         func(e []ledger.Entry) []ledger.Entry { e[1].Currency = "EUR"; return e },
		"debits of $2.00 and credits of $0.00 differ":         func(e []ledger.Entry) []ledger.Entry { e[1].Side = ledger.Debit; return e },
	} {
		err := ledger.Transaction{Type: ledger.TypePayment, Effective: decided, Entries: change(pair(100, "USD"))}.Validate()
		require.ErrorContains(t, err, want)
	}
}

// The bounds of a transaction are within it.
func TestBoundsOfTransactions(t *testing.T) {
	t.Parallel()
	most := ledger.Transaction{Type: ledger.TypePayment, Effective: decided}
	for range ledger.MaxEntries / 2 {
		most.Entries = append(most.Entries, pair(10_000_000_000_000, "USD")...)
	}
	require.NoError(t, most.Validate())
	most.Entries[1].Amount++
	require.ErrorContains(t, most.Validate(), "entry 1: an amount of $100,000,000,000.01: at most $100,000,000,000.00")
	most.Entries = append(pair(1, "USD"), ledger.Entry{Account: ledger.AssetBank, Side: ledger.Debit, Amount: 1, Currency: "usd"})
	require.ErrorContains(t, most.Validate(), `entry 2: currency "usd"`)
}

func TestUnbalancedIsTyped(t *testing.T) {
	t.Parallel()
	// Balanced in dollars, and in total, but not in each currency.
	entries := append(pair(100, "USD"),
		ledger.Entry{Account: ledger.AssetBank, Side: ledger.Debit, Amount: 7, Currency: "JPY"},
		ledger.Entry{Account: ledger.AssetBank, Side: ledger.Credit, Amount: 7, Currency: "KWD"})
	var unbalanced *ledger.UnbalancedError
	require.ErrorAs(t, ledger.Transaction{Effective: decided, Entries: entries}.Validate(), &unbalanced)
	require.Equal(t, &ledger.UnbalancedError{Currency: "JPY", Debits: 7}, unbalanced)
}

func TestEveryAccountCanBePosted(t *testing.T) {
	t.Parallel()
	for _, account := range ledger.Accounts {
		entries := pair(1, "USD")
		entries[0].Account = account
		require.NoError(t, ledger.Transaction{Effective: decided, Entries: entries}.Validate())
	}
}

func TestNormalSides(t *testing.T) {
	t.Parallel()
	sides := map[ledger.Account]ledger.Side{}
	for _, account := range ledger.Accounts {
		sides[account] = account.NormalSide()
	}
	require.Equal(t, map[ledger.Account]ledger.Side{
		"asset:other_integrations": "debit", "equity:opening_balance": "credit",
		"asset:stripe_clearing": "debit", "asset:stripe_connect_reserved": "debit", "asset:stripe_issuing": "debit", "asset:bank": "debit",
		"asset:disputed_funds": "debit",
		"expense:stripe_fees":  "debit", "expense:fee_taxes": "debit", "expense:application_fees": "debit", "expense:chargebacks": "debit",
		"liability:customer_funds": "credit", "liability:airline_payable": "credit", "income:commission": "credit",
		"income:service_fees":        "credit",
		"liability:unearned_revenue": "credit", "liability:payments_in_transit": "credit", "equity:suspense": "credit",
		"liability:refunds_payable": "credit", "income:flights": "credit", "income:cancellation_fees": "credit", "income:refunds": "debit",
		"equity:conversion": "credit", "asset:payouts_in_transit": "debit",
	}, sides)
	for _, account := range ledger.Accounts {
		require.True(t, strings.HasPrefix(string(account), string(account.Kind())+":"), account)
	}
	require.Empty(t, ledger.Account("asset:unknown").Kind())
}

func TestReverseLeavesTheOriginalAlone(t *testing.T) {
	t.Parallel()
	original, err := payment(paid(nil))
	require.NoError(t, err)
	again, err := payment(paid(nil))
	require.NoError(t, err)

	undone := original.Reverse()
	require.Equal(t, again, original)
	require.Equal(t, ledger.TypeReversal, undone.Type)
	require.Equal(t, original.PaymentIntentID, undone.PaymentIntentID)
	require.Equal(t, original.Entries, undone.Reverse().Entries)
	require.Empty(t, undone.OperationKey, "what has no key has none to reverse")
	original.OperationKey = "payout/po_1"
	require.Equal(t, "reversal/payout/po_1", original.Reverse().OperationKey)
}
