package test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testkit"
)

// What Stripe bills for its own services comes by no event and belongs to no booking: it is found and posted.
func TestStripesOwnBillIsPosted(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	s.BookAndPay("billed", nil)
	s.AwaitQuiet()
	bill, back := s.Stripe.Bill(250, "usd", "Radar"), s.Stripe.Bill(-40, "usd", "Radar, given back")
	found := reconcile(s, `{}`)
	require.Equal(t, planted{"missing_in_ledger " + bill: 1, "missing_in_ledger " + back: 1}, found.found())
	require.Equal(t, 2, found.Fixed)
	require.Equal(t, 1, s.DB.Count(t, `SELECT COUNT(*) FROM financial_ledger l JOIN ledger_entries e ON e.ledger_id = l.id
		WHERE l.type = 'account_fee' AND l.stripe_balance_transaction_id = ? AND e.account = 'expense:stripe_fees' AND e.side = 'debit' AND e.amount = 250`, bill))
	require.Empty(t, reconcile(s, `{}`).Details)
	s.RequirePromises()
	s.SaveRun("AccountFee:"+bill, "account_fee")
}

// What Stripe moves by its own hand, and no category of ours covers: an operator says where it stands, and the books are
// Stripe's again.
func TestStripesAdjustmentWaitsForAPerson(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	s.BookAndPay("adjusted", nil)
	s.AwaitQuiet()
	adjustment := s.Stripe.Adjust(-250, "usd", "A mistake of Stripe's")
	found := reconcile(s, `{}`)
	require.Equal(t, planted{"missing_in_ledger " + adjustment: 1}, found.found())
	require.Contains(t, found.Details[0].Reason, "does not post")
	require.Equal(t, "person", found.Details[0].Proposed)
	item := fmt.Sprint(found.Details[0].ID)
	for says, args := range map[string][]string{
		"must be one of": {"--post", "--account", "asset:disputed_funds"}, "--account requires --post": {"--account", "asset:bank"},
		"--note":                         {"--note", " "},
		"--effective-at requires --post": {"--effective-at", "2027-05-01T14:20:00Z"},
		`invalid --effective-at "1 May": must be a time`: {"--post", "--effective-at", "1 May"},
		"leave it out": {"--post", "--effective-at", "2026-05-01T14:20:00+01:00"},
	} {
		_, err := starterWith(s, append([]string{"reconcile", "resolve", item, "--note", "n"}, args...)...)
		require.ErrorContains(t, err, says)
	}
	out, err := starterWith(s, "reconcile", "resolve", item, "--note", "asked Stripe, November", "--post", "--account", "expense:stripe_fees")
	require.NoError(t, err, out)
	require.Equal(t, s.Stripe.BalanceTransactions()[adjustment].Format(time.RFC3339),
		s.DB.Text(t, "SELECT effective_at FROM financial_ledger WHERE type = 'correction'"), "it takes effect when Stripe moved the money")
	require.Empty(t, reconcile(s, `{}`).Details)
	s.RequirePromises()
}
