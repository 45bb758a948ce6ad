package test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/fakestripe"
	"farebook/internal/dev/testkit"
)

// What Stripe bills for a charge after the payment has the charge as its source: it is posted as a bill and heals. What Farebook
// does not post waits for an operator, and moves nothing twice; a line of zero is no difference.
func TestReconciliationRoutesByCategory(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.BookAndPay("categories", nil)
	s.AwaitQuiet()
	charge := s.DB.Text(t, "SELECT stripe_charge_id FROM payments")
	bill := func(kind, category string, amount int64) string {
		return s.Stripe.Book(fakestripe.BalanceTransaction{Amount: amount, Currency: "usd", Type: kind, Category: category, Source: charge})
	}
	bills := []string{bill("stripe_fee", "fee", -30), bill("stripe_fee", "network_cost", -12), bill("tax_fee", "tax", -5)}
	bill("stripe_fee", "fee", 0)
	adjusted := bill("adjustment", "other_adjustment", -700)
	unknown := bill("teleport", "teleport", -1)

	run := reconcile(s, `{"dryRun":false}`)
	states := map[string]string{}
	for _, item := range run.Details {
		states[item.BalanceTransactionID] = item.Proposed + " " + item.State
	}
	want := map[string]string{adjusted: "person found", unknown: "person found"}
	for _, id := range bills {
		want[id] = "record_account_fee fixed"
	}
	require.Equal(t, want, states, "%+v", run.Details)
	require.Equal(t, 5, s.DB.Count(t, "SELECT amount FROM ledger_entries WHERE account = 'expense:fee_taxes'"))
	s.RequireLedger(booked.Reference, "payment")
	require.Equal(t, s.Stripe.Balance("usd")+701, int64(s.DB.Count(t, `SELECT SUM(IF(side = 'debit', amount, -amount)) FROM ledger_entries
		WHERE account = 'asset:stripe_clearing'`)), "all but what waits for an operator")
	require.NoError(t, s.BooksPromises())
}

// An account on interchange-plus pricing is charged no fee, and hears that later: the payout that pays the payment out is proven.
func TestPayoutOfAPaymentWithoutAFeeIsProven(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	s.Stripe.SetFees(&fakestripe.Fees{})
	s.Stripe.DelayBalanceTransactions(true)
	booked := s.BookAndPay("free", nil)
	s.RequireLedger(booked.Reference, "payment")
	s.Stripe.ReleaseBalanceTransactions()
	s.AwaitWorkflowEnd(booked.Reference)
	s.AwaitQuiet()
	s.RequireLedger(booked.Reference, "payment", "stripe_fee")
	s.Stripe.SettleFunds()
	provenPayout(s)
	s.AwaitQuiet()
	require.Empty(t, reconcile(s, `{"dryRun":true}`).Details)
	s.RequirePromises()
}

// Tax and a platform's share are kept apart from Stripe's own fee, and the payment fits Stripe's record to the unit.
func TestFeeIsKeptByItsParts(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	s.Stripe.SetFees(&fakestripe.Fees{PerMille: 29, Fixed: 30, Tax: 270, Application: 500})
	s.BookAndPay("parts", nil)
	s.AwaitQuiet()
	for account, amount := range map[string]int{"expense:stripe_fees": 1361, "expense:fee_taxes": 270, "expense:application_fees": 500} {
		require.Equal(t, amount, s.DB.Count(t, "SELECT amount FROM ledger_entries WHERE account = ?", account), account)
	}
	require.Empty(t, reconcile(s, `{"dryRun":true}`).Details)
	s.RequirePromises()
}

// Money beside the available and the pending balance has an account for each kind, compared with its own at Stripe: what moved to
// connect_reserved is missing from neither, and counts once.
func TestMoneyBesideTheBalanceIsComparedByItsKind(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	s.BookAndPay("reserved", nil)
	s.AwaitQuiet()
	moved := s.Stripe.Book(fakestripe.BalanceTransaction{
		Amount: -700, Currency: "usd", Type: "reserve_transaction",
		Category: "connect_reserved_funds",
	})
	s.Stripe.SetBalanceKind("connect_reserved", "usd", 700)
	s.Stripe.SetBalanceKind("instant_available", "usd", 44539) // a part of what is available
	run := reconcile(s, `{"dryRun":false}`)
	found := map[string]itemView{}
	for _, item := range run.Details {
		found[item.StripeID] = item
	}
	require.Len(t, found, 2, "%+v", run.Details)
	require.Contains(t, found, moved)
	require.Equal(t, "balance_kind", found["connect_reserved-USD"].Object)
	out, err := starterWith(s, "reconcile", "resolve", fmt.Sprint(found[moved].ID), "--note", "reserved", "--post", "--account",
		"asset:stripe_connect_reserved")
	require.NoError(t, err, "%s", out)
	require.Empty(t, reconcile(s, `{"dryRun":true}`).Details)
	s.RequirePromises()
	out, err = starterWith(s, "verify")
	require.NoError(t, err, "%s", out)
	s.Stripe.SetBalanceKind("issuing", "usd", 5)
	out, err = starterWith(s, "verify")
	require.Error(t, err)
	require.Contains(t, out, "issuing")
}
