package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/internal/dev/testdb"
	"farebook/ledger"
	"farebook/reconciliation"
	"farebook/store"
	"farebook/store/recon"
)

func foreignTransaction() *booking.BalanceTransaction {
	return &booking.BalanceTransaction{Created: settledAt, ID: "txn_9", Amount: 45900, Fee: 1361, Net: 44539, Currency: "USD"}
}

// A note is no end: what it was about can be posted after all, on the item itself or on that of a later run, which is born resolved.
func TestNotedItemIsPostedAfterAll(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	first := b.RunThatFound(b.t, "recon_1", foreignPayment())[0]
	require.NoError(t, recon.New(b.Store).ResolveItem(t.Context(), first.ID, "theirs", testdb.Tester))
	later := b.RunThatFound(b.t, "recon_2", foreignPayment())[0]
	require.Equal(t, recon.ItemResolved, later.State)
	correction := recon.Correction{
		ItemID: later.ID, There: foreignTransaction(), Against: ledger.EquitySuspense, Note: "posted after all",
		By: testdb.Tester,
	}
	require.NoError(t, recon.New(b.Store).Correct(t.Context(), correction, time.Now().UTC()))
	require.EqualValues(t, 44539, b.balanceOf("asset:stripe_clearing"))
	for _, item := range []uint64{later.ID, first.ID} {
		correction.ItemID = item
		require.ErrorContains(t, recon.New(b.Store).Correct(t.Context(), correction, time.Now().UTC()), "is resolved already")
		require.ErrorContains(t, recon.New(b.Store).ReopenItem(t.Context(), item, "again", testdb.Tester), "is in the ledger")
	}
	require.EqualValues(t, 44539, b.balanceOf("asset:stripe_clearing"))
}

// What its own workflow may heal stays its own, also when a note was written in between; what could not be healed is posted.
func TestNotedItemKeepsItsWayOfHealing(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	healed := foreignPayment()
	healed.Class, healed.Healing = reconciliation.MissingInLedger, reconciliation.HealPayment
	item := b.RunThatFound(b.t, "recon_1", healed)[0]
	require.NoError(t, recon.New(b.Store).ResolveItem(t.Context(), item.ID, "known", testdb.Tester))
	correction := recon.Correction{ItemID: item.ID, There: foreignTransaction(), Against: ledger.EquitySuspense, Note: "n"}
	require.ErrorContains(t, recon.New(b.Store).Correct(t.Context(), correction, time.Now().UTC()), "healed by its own workflow")
	require.NoError(t, recon.New(b.Store).ReopenItem(t.Context(), item.ID, "was not known", testdb.Tester))
	require.NoError(t, recon.New(b.Store).SettleItem(t.Context(), item.ID, recon.ItemFailed, "in vain"))
	require.NoError(t, recon.New(b.Store).ResolveItem(t.Context(), item.ID, "known", testdb.Tester))
	correction.ItemID = b.RunThatFound(b.t, "recon_2", healed)[0].ID
	require.NoError(t, recon.New(b.Store).Correct(t.Context(), correction, time.Now().UTC()))
	require.EqualValues(t, 44539, b.balanceOf("asset:stripe_clearing"))
}

// A reopened item counts again, in each run that had it and in those to come; another difference of the same object stays resolved.
func TestReopenedItemIsFoundAgain(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	other := foreignPayment()
	other.AtStripe++
	noted := b.RunThatFound(b.t, "recon_0", other)[0]
	require.NoError(t, recon.New(b.Store).ResolveItem(t.Context(), noted.ID, "another amount", testdb.Tester))
	first := b.RunThatFound(b.t, "recon_1", foreignPayment())[0]
	require.NoError(t, recon.New(b.Store).ResolveItem(t.Context(), first.ID, "theirs", testdb.Tester))
	later := b.RunThatFound(b.t, "recon_2", foreignPayment())[0]
	require.NoError(t, recon.New(b.Store).ReopenItem(t.Context(), later.ID, "ours after all", testdb.Tester))
	for _, id := range []uint64{first.ID, later.ID} {
		item, err := recon.New(b.Store).Item(t.Context(), id)
		require.NoError(t, err)
		require.Equal(t, recon.ItemFound, item.State)
		require.Equal(t, "reopened: ours after all; before: theirs", item.Note)
	}
	require.Equal(t, recon.ItemFound, b.RunThatFound(b.t, "recon_3", foreignPayment())[0].State)
	require.Equal(t, recon.ItemResolved, b.RunThatFound(b.t, "recon_4", other)[0].State)
	require.ErrorContains(t, recon.New(b.Store).ReopenItem(t.Context(), later.ID, "again", testdb.Tester), "only a resolved item")
	require.ErrorIs(t, recon.New(b.Store).ReopenItem(t.Context(), 999, "nothing", testdb.Tester), store.ErrNotFound)
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM audit_log WHERE action = 'reconciliation.reopen-item' AND subject = ?",
		fmt.Sprintf("item/%d", later.ID)))
}

// What a note leaves outside the books is known, whichever run noted it, until it is posted, changes or is reopened.
func TestNotedDifferencesOfTheClearingAccount(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	fee := reconciliation.Finding{
		Class: reconciliation.FeeMismatch, Object: reconciliation.ObjectPayment, StripeID: "pi_8", PaymentIntentID: "pi_8",
		BalanceTransactionID: "txn_8",
		Here:                 1000, AtStripe: 78777, Net: 0, Posted: 0, Currency: "USD", Reason: "the fee alone",
	}
	foreign := foreignPayment()
	foreign.Net = foreign.AtStripe
	gap := reconciliation.Finding{
		Class: reconciliation.AmountMismatch, Object: reconciliation.ObjectClearing, StripeID: "balance-EUR",
		Here: 100, AtStripe: 350, Currency: "EUR",
	}
	items := b.RunThatFound(b.t, "recon_1", foreign, fee, gap)
	explained, err := recon.New(b.Store).Explained(t.Context(), uint64(b.Count(t, "SELECT id FROM reconciliation_runs")))
	require.NoError(t, err)
	require.EqualValues(t, -44539, explained["USD"], "a fee that leaves the clearing account alone explains nothing of it")
	for _, item := range items {
		require.NoError(t, recon.New(b.Store).ResolveItem(t.Context(), item.ID, "known", testdb.Tester))
	}
	b.RunThatFound(b.t, "recon_2", foreign)
	noted, err := recon.New(b.Store).Noted(t.Context(), 0)
	require.NoError(t, err)
	require.EqualValues(t, -44539, noted.Lines["USD"], "each balance transaction once")
	require.Equal(t, []int64{-250}, noted.Gaps["balance-EUR"])
	own, err := recon.New(b.Store).Noted(t.Context(), uint64(b.Count(t, "SELECT MAX(id) FROM reconciliation_runs")))
	require.NoError(t, err)
	require.Zero(t, own.Lines["USD"], "the run explains its own items")

	require.NoError(t, recon.New(b.Store).Correct(t.Context(), recon.Correction{
		ItemID: items[0].ID, There: foreignTransaction(), Against: ledger.EquitySuspense, Note: "posted",
	}, time.Now().UTC()))
	noted, err = recon.New(b.Store).Noted(t.Context(), 0)
	require.NoError(t, err)
	require.Zero(t, noted.Lines["USD"], "what is posted is no longer noted")
	require.NoError(t, recon.New(b.Store).ReopenItem(t.Context(), items[2].ID, "not known", testdb.Tester))
	noted, err = recon.New(b.Store).Noted(t.Context(), 0)
	require.NoError(t, err)
	require.Empty(t, noted.Gaps["balance-EUR"])
}

// An older release keeps the amounts of an item alone: they are what it is on the clearing account, but for those of a fee.
func TestItemsOfAnOlderReleaseExplainTheSame(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	fee := foreignPayment()
	fee.Class, fee.StripeID, fee.BalanceTransactionID, fee.Here, fee.AtStripe = reconciliation.FeeMismatch, "pi_8", "txn_8", 10, 19
	items := b.RunThatFound(b.t, "recon_1", foreignPayment(), fee)
	b.Exec(t, "UPDATE reconciliation_items SET clearing_here = NULL, net_at_stripe = NULL, state = 'resolved'")
	explained, err := recon.New(b.Store).Explained(t.Context(), uint64(b.Count(t, "SELECT id FROM reconciliation_runs")))
	require.NoError(t, err)
	require.EqualValues(t, -44539+9, explained["USD"])
	noted, err := recon.New(b.Store).Noted(t.Context(), 0)
	require.NoError(t, err)
	require.EqualValues(t, -44539, noted.Lines["USD"])
	require.NoError(t, recon.New(b.Store).ReopenItem(t.Context(), items[0].ID, "n", testdb.Tester))
	require.Equal(t, "found", b.Text(t, "SELECT state FROM reconciliation_items WHERE id = ?", items[0].ID))
}
