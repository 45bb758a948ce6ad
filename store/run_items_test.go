package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/internal/testdb"
	"farebook/store"
)

// What a person has resolved is known again while it is the same: another state of the same object is another difference, as is
// another gap of the clearing account, whatever both sides of it have grown to.
func TestResolvedIsTheSameDifferenceOnly(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	state := booking.Finding{
		Class: booking.StateMismatch, Object: "dispute", StripeID: "dp_1", Currency: "USD", Healing: booking.HealDispute,
		Reason: "the dispute is needs_response here and under_review at Stripe",
	}
	clearing := booking.Finding{Class: booking.AmountMismatch, Object: "clearing", StripeID: "balance-USD", Here: 1000, AtStripe: 1500, Currency: "USD"}
	for _, item := range itemsOf(t, db, "recon_1", state, clearing) {
		require.NoError(t, db.Store.ResolveItem(t.Context(), item.ID, "known"))
		var settled *store.NotCorrectable
		require.ErrorAs(t, db.Store.ResolveItem(t.Context(), item.ID, "again"), &settled)
	}
	require.ErrorIs(t, db.Store.ResolveItem(t.Context(), 999, "nothing"), store.ErrNotFound)

	clearing.Here, clearing.AtStripe = 7000, 7500
	for _, item := range itemsOf(t, db, "recon_2", state, clearing) {
		require.Equal(t, store.ItemResolved, item.State, "%+v", item)
	}
	state.Reason = "the dispute is needs_response here and lost at Stripe"
	clearing.AtStripe = 7501
	for _, item := range itemsOf(t, db, "recon_3", state, clearing) {
		require.Equal(t, store.ItemFound, item.State, "%+v", item)
	}
}

func itemsOf(t *testing.T, db *testdb.DB, id string, findings ...booking.Finding) []store.Item {
	t.Helper()
	now := time.Now().UTC()
	run, err := db.Store.BeginRun(t.Context(), store.Run{
		CorrelationID: id, Options: booking.ReconciliationOptions{Scope: booking.ScopeAll}, WindowStart: now, WindowEnd: now, StartedAt: now,
	})
	require.NoError(t, err)
	require.NoError(t, db.Store.AddFindings(t.Context(), run.ID, findings))
	items, err := db.Store.Items(t.Context(), run.ID, "", 0, 10)
	require.NoError(t, err)
	require.Len(t, items, len(findings))
	return items
}
