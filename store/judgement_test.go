package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/internal/dev/testdb"
	"farebook/ledger"
	"farebook/money"
	"farebook/reconciliation"
	"farebook/store/recon"
)

// reconciled is a completed run that finds these, and what its balances leave over. It returns its items, and what nobody has dealt
// with.
func (b books) reconciled(id string, tolerance int64, there booking.Balances, findings []reconciliation.Finding) ([]recon.Item, int64) {
	b.t.Helper()
	b.RunThatFound(b.t, id, findings...)
	run, err := recon.New(b.Store).Run(b.t.Context(), id)
	require.NoError(b.t, err)
	gaps, err := recon.New(b.Store).CompareBalances(b.t.Context(), there, run.ID, tolerance)
	require.NoError(b.t, err)
	for _, gap := range gaps {
		if !gap.Within {
			require.NoError(b.t, recon.New(b.Store).AddFindings(b.t.Context(), run.ID, []reconciliation.Finding{gap.Finding()}))
		}
	}
	run.Status = recon.RunCompleted
	require.NoError(b.t, recon.New(b.Store).EndRun(b.t.Context(), run))
	tally, err := recon.New(b.Store).Tally(b.t.Context(), run.ID)
	require.NoError(b.t, err)
	items, err := recon.New(b.Store).Items(b.t.Context(), run.ID, "", 0, 100)
	require.NoError(b.t, err)
	return items, tally.Left
}

// verified judges as verify does: no gap that is not accounted for, and nothing left open.
func (b books) verified(tolerance int64, there booking.Balances) bool {
	b.t.Helper()
	gaps, err := recon.New(b.Store).CompareBalances(b.t.Context(), there, 0, tolerance)
	require.NoError(b.t, err)
	left, err := recon.New(b.Store).LeftOpen(b.t.Context())
	require.NoError(b.t, err)
	for _, gap := range gaps {
		if !gap.Holds() {
			return false
		}
	}
	return len(left) == 0
}

// Both judge the same facts, in each state that an operator or healing can bring them to, and say the same.
func TestVerifyAndReconciliationJudgeTheSame(t *testing.T) {
	t.Parallel()
	const net = 44539
	usd := func(clearing int64) booking.Balances {
		return booking.Balances{Clearing: map[money.Currency]int64{"USD": clearing}}
	}
	issuing := func(amount int64) booking.Balances {
		return booking.Balances{Kinds: map[booking.BalanceKind]map[money.Currency]int64{booking.BalanceIssuing: {"USD": amount}}}
	}
	orphan := foreignPayment()
	orphan.Net = orphan.AtStripe
	state := reconciliation.Finding{
		Class: reconciliation.StateMismatch, Object: reconciliation.ObjectDispute, StripeID: "dp_1",
		Reason: "under_review here and lost at Stripe", Currency: "USD",
	}
	resolve := func(b books, items []recon.Item) {
		for _, item := range items {
			require.NoError(b.t, recon.New(b.Store).ResolveItem(b.t.Context(), item.ID, "known", testdb.Tester))
		}
	}
	reopen := func(b books, items []recon.Item) {
		resolve(b, items)
		require.NoError(b.t, recon.New(b.Store).ReopenItem(b.t.Context(), items[0].ID, "ours after all", testdb.Tester))
	}
	post := func(b books, items []recon.Item) {
		require.NoError(b.t, recon.New(b.Store).Correct(b.t.Context(), recon.Correction{
			ItemID: items[0].ID, There: foreignTransaction(), Against: ledger.EquitySuspense, Note: "posted",
		}, time.Now().UTC()))
	}
	fail := func(b books, items []recon.Item) {
		require.NoError(b.t, recon.New(b.Store).SettleItem(b.t.Context(), items[0].ID, recon.ItemFailed, "in vain"))
	}
	for name, c := range map[string]struct {
		there, later booking.Balances // of the first run, and of what is judged
		found, again []reconciliation.Finding
		decide       func(books, []recon.Item)
		tolerance    int64
		holds        bool
	}{
		"both sides equal": {
			there: usd(0), holds: true,
		},
		"a gap": {
			there: usd(5),
		},
		"a gap within the tolerance": {
			there: usd(5), tolerance: 5, holds: true,
		},
		"a gap beyond the tolerance": {
			there: usd(6), tolerance: 5,
		},
		"another balance's gap within the tolerance": {
			there: issuing(5), tolerance: 5, holds: true,
		},
		"another balance's gap": {
			there: issuing(6), tolerance: 5,
		},
		"an open item": {
			there: usd(net), found: []reconciliation.Finding{orphan},
			again: []reconciliation.Finding{orphan},
		},
		"an item that could not be healed": {
			there: usd(net), found: []reconciliation.Finding{orphan},
			again: []reconciliation.Finding{orphan}, decide: fail,
		},
		"an item with a note": {
			there: usd(net), found: []reconciliation.Finding{orphan},
			again: []reconciliation.Finding{orphan}, decide: resolve, holds: true,
		},
		"an item with a note, out of the look-back": {there: usd(net), found: []reconciliation.Finding{orphan}, decide: resolve, holds: true},
		"an item with a note, and a gap beside it": {
			there: usd(net), later: usd(net + 6), found: []reconciliation.Finding{orphan},
			decide: resolve, tolerance: 5,
		},
		"an item with a note, a gap within the tolerance beside it": {
			there: usd(net), later: usd(net + 5), found: []reconciliation.Finding{orphan}, decide: resolve, tolerance: 5, holds: true,
		},
		"an item with a note whose money went away": {
			there: usd(net), later: usd(0), found: []reconciliation.Finding{orphan},
			decide: resolve,
		},
		"an item that is reopened": {
			there: usd(net), found: []reconciliation.Finding{orphan},
			again: []reconciliation.Finding{orphan}, decide: reopen,
		},
		"an item that is reopened, out of the look-back": {there: usd(net), found: []reconciliation.Finding{orphan}, decide: reopen},
		"an item that is posted":                         {there: usd(net), found: []reconciliation.Finding{orphan}, decide: post, holds: true},
		"a gap with a note":                              {there: usd(5), decide: resolve, holds: true},
		"a gap with a note that has grown":               {there: usd(5), later: usd(6), decide: resolve},
		"a gap with a note that is reopened":             {there: usd(5), decide: reopen},
		"another balance's gap with a note":              {there: issuing(5), decide: resolve, holds: true},
		"another balance's gap that has grown":           {there: issuing(5), later: issuing(6), decide: resolve},
		"another state, both balances equal": {
			there: usd(0), found: []reconciliation.Finding{state},
			again: []reconciliation.Finding{state},
		},
		"another state, with a note": {
			there: usd(0), found: []reconciliation.Finding{state}, again: []reconciliation.Finding{state},
			decide: resolve, holds: true,
		},
		"another state, which is the same by now": {there: usd(0), found: []reconciliation.Finding{state}, holds: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBooks(t)
			items, _ := b.reconciled("recon_1", c.tolerance, c.there, c.found)
			if c.decide != nil {
				c.decide(b, items)
			}
			judged := c.there
			if c.later.Clearing != nil || c.later.Kinds != nil {
				judged = c.later
			}
			_, left := b.reconciled("recon_2", c.tolerance, judged, c.again)
			require.Equal(t, c.holds, left == 0, fmt.Sprintf("reconciliation left %d", left))
			require.Equal(t, c.holds, b.verified(c.tolerance, judged), "verify")
		})
	}
}

// Between two runs verify goes by what the last one left: what is posted or noted since is no longer open, of a dry run nothing is.
func TestLeftOpenUntilPostedOrNoted(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	left := func() int {
		open, err := recon.New(b.Store).LeftOpen(t.Context())
		require.NoError(t, err)
		return len(open)
	}
	state, line := foreignPayment(), foreignPayment()
	line.Net = line.AtStripe
	state.Class, state.BalanceTransactionID = reconciliation.StateMismatch, ""
	other := line
	other.StripeID, other.BalanceTransactionID = "pi_8", "txn_8"
	there := booking.Balances{Clearing: map[money.Currency]int64{"USD": 2 * line.Net}}
	items, _ := b.reconciled("recon_1", 0, there, []reconciliation.Finding{state, line, other})
	require.Equal(t, 2, left(), "a payment's state and its balance transaction are one")
	for _, item := range items {
		if item.StripeID == "pi_8" {
			require.NoError(t, recon.New(b.Store).ResolveItem(t.Context(), item.ID, "known", testdb.Tester))
		}
	}
	require.Equal(t, 1, left())
	for _, item := range items {
		if item.BalanceTransactionID == "txn_9" {
			correction := recon.Correction{ItemID: item.ID, There: foreignTransaction(), Against: ledger.EquitySuspense, Note: "posted"}
			require.NoError(t, recon.New(b.Store).Correct(t.Context(), correction, time.Now().UTC()))
		}
	}
	require.Equal(t, 1, left(), "the payment's state is another matter than its money")
	for _, item := range items {
		if item.Class == reconciliation.StateMismatch {
			require.NoError(t, recon.New(b.Store).ResolveItem(t.Context(), item.ID, "the booking is paid in another way", testdb.Tester))
		}
	}
	require.Zero(t, left())
	third := state
	third.StripeID = "pi_7"
	b.reconciled("recon_2", 0, there, []reconciliation.Finding{third})
	require.Equal(t, 1, left())
	b.Exec(t, "UPDATE reconciliation_runs SET dry_run = 1 WHERE correlation_id = 'recon_2'")
	require.Zero(t, left())
}
