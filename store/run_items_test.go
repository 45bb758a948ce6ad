package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/internal/testdb"
	"farebook/store"
)

// What a person has resolved is known again while it is the same: another state of the same object is another difference, as is
// another gap of the clearing account, whatever both sides of it have grown to.
func TestResolvedIsTheSameDifferenceOnly(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	state := booking.Finding{
		Class: booking.StateMismatch, Object: "dispute", StripeID: "dp_1", Currency: "USD", Healing: booking.HealDispute,
		Reason: "the dispute is needs_response here and under_review at Stripe",
	}
	clearing := booking.Finding{Class: booking.AmountMismatch, Object: "clearing", StripeID: "balance-USD", Here: 1000, AtStripe: 1500, Currency: "USD"}
	for _, item := range b.runThatFound("recon_1", state, clearing) {
		require.NoError(t, b.Store.ResolveItem(t.Context(), item.ID, "known", testdb.Tester))
		var settled *store.NotCorrectable
		require.ErrorAs(t, b.Store.ResolveItem(t.Context(), item.ID, "again", testdb.Tester), &settled)
	}
	require.ErrorIs(t, b.Store.ResolveItem(t.Context(), 999, "nothing", testdb.Tester), store.ErrNotFound)

	clearing.Here, clearing.AtStripe = 7000, 7500
	for _, item := range b.runThatFound("recon_2", state, clearing) {
		require.Equal(t, store.ItemResolved, item.State, "%+v", item)
	}
	state.Reason = "the dispute is needs_response here and lost at Stripe"
	clearing.AtStripe = 7501
	for _, item := range b.runThatFound("recon_3", state, clearing) {
		require.Equal(t, store.ItemFound, item.State, "%+v", item)
	}
}
