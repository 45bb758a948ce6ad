package test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testkit"
)

// A controller reads the books by command. A report that does not equal what it must exits with 1.
func TestReportsOfTheLedgerProveThemselves(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	s.BookAndPay("reported", nil)
	s.AwaitQuiet()
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"ledger", "balances"}, "asset:stripe_clearing       USD        445.39"},
		{[]string{"ledger", "balances", "--as-of", "2020-01-01", "--basis", "posted", "--format", "csv"}, "account,currency,balance\n"},
		{[]string{"ledger", "trial-balance", "--format", "csv"}, "asset:stripe_clearing,USD,0.00,459.00,13.61,445.39"},
		{[]string{"ledger", "trial-balance", "--format", "json"}, `"account":"asset:stripe_clearing","currency":"USD","opening":0,"debit":45900`},
		{[]string{"ledger", "statement", "liability:unearned_revenue"}, "-459.00"},
		{[]string{"ledger", "export", "--format", "json"}, `"balance_transaction_id":"txn_`},
		{[]string{"ledger", "export", "--format", "hledger"}, "account liability:unearned_revenue"},
		{[]string{"ledger", "export", "--format", "beancount"}, "balance Liabilities:Unearned-Revenue  -459.00 ~ 0 USD"},
	} {
		said, err := s.StarterCommand(c.args...).CombinedOutput()
		require.NoError(t, err, "%v: %s", c.args, said)
		require.Contains(t, string(said), c.says, "%v", c.args)
		require.Contains(t, string(said), "holds  ", "%v", c.args)
	}
	s.DB.Exec(t, "UPDATE ledger_entries SET amount = amount + 1 WHERE side = 'debit' ORDER BY id LIMIT 1")
	said, err := s.StarterCommand("ledger", "trial-balance").CombinedOutput()
	require.ErrorContains(t, err, "exit status 1")
	require.Contains(t, string(said), "DIFFERS  debits equal credits, in each currency: debits of $472.62 and credits of $472.61")
}
