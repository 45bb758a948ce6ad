package recon_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testdb"
	"farebook/reconciliation"
	"farebook/store"
	"farebook/store/recon"
)

// A payment whose event was lost is two items, by its state and by its balance transaction, and one difference.
func TestTallyCountsAnObjectOnce(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	var findings []reconciliation.Finding
	for _, id := range []string{"pi_fixed", "pi_failed", "pi_left"} {
		state := reconciliation.Finding{Class: reconciliation.StateMismatch, Object: reconciliation.ObjectPayment, StripeID: id, Reason: "state"}
		line := state
		line.Class, line.BalanceTransactionID, line.Currency, line.Net = reconciliation.MissingInLedger, "txn_"+id, "USD", 44539
		findings = append(findings, state, line)
	}
	findings = append(findings, reconciliation.Finding{
		Class: reconciliation.Timing, Object: reconciliation.ObjectPayment,
		StripeID: "pi_young", Reason: "young",
	})
	states := map[string][]string{"pi_fixed": {recon.ItemFixed, recon.ItemSkipped}, "pi_failed": {recon.ItemFixed, recon.ItemFailed}}
	for _, item := range db.RunThatFound(t, "recon_1", findings...) {
		if left := states[item.StripeID]; len(left) > 0 {
			require.NoError(t, recon.New(db.Store).SettleItem(t.Context(), item.ID, left[0], ""))
			states[item.StripeID] = left[1:]
		}
	}
	tally, err := recon.New(db.Store).Tally(t.Context(), uint64(db.Count(t, "SELECT id FROM reconciliation_runs")))
	require.NoError(t, err)
	require.Equal(t, recon.Tally{Found: 3, Fixed: 1, Failed: 1, Skipped: 1, Left: 2}, tally)
}

// What an operator has resolved is known again while it is the same: another state of the same object is another difference, as is
// another gap of the clearing account, whatever both sides of it have grown to.
func TestResolvedIsTheSameDifferenceOnly(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	state := reconciliation.Finding{
		Class: reconciliation.StateMismatch, Object: "dispute", StripeID: "dp_1", Currency: "USD", Healing: reconciliation.HealDispute,
		Reason: "the dispute is needs_response here and under_review at Stripe",
	}
	clearing := reconciliation.Finding{
		Class: reconciliation.AmountMismatch, Object: "clearing", StripeID: "balance-USD", Here: 1000,
		AtStripe: 1500, Currency: "USD",
	}
	for _, item := range db.RunThatFound(t, "recon_1", state, clearing) {
		require.NoError(t, recon.New(db.Store).ResolveItem(t.Context(), item.ID, "known", testdb.Tester))
		var settled *recon.NotCorrectableError
		require.ErrorAs(t, recon.New(db.Store).ResolveItem(t.Context(), item.ID, "again", testdb.Tester), &settled)
	}
	require.ErrorIs(t, recon.New(db.Store).ResolveItem(t.Context(), 999, "nothing", testdb.Tester), store.ErrNotFound)

	clearing.Here, clearing.AtStripe = 7000, 7500
	for _, item := range db.RunThatFound(t, "recon_2", state, clearing) {
		require.Equal(t, recon.ItemResolved, item.State, "%+v", item)
	}
	state.Reason = "the dispute is needs_response here and lost at Stripe"
	clearing.AtStripe = 7501
	for _, item := range db.RunThatFound(t, "recon_3", state, clearing) {
		require.Equal(t, recon.ItemFound, item.State, "%+v", item)
	}
}
