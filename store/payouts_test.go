package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/store"
)

// contents are what an automatic payout pays out, held against the ledger.
func (b books) contents(page ...booking.BalanceTransaction) (contents booking.PayoutContents) {
	unmatched, err := b.Store.MatchPayout(b.t.Context(), store.PayoutPage{PayoutID: "po_1", Page: page}, nil, time.Now().UTC())
	require.NoError(b.t, err)
	contents.Add(page, unmatched)
	return contents
}

func TestPayouts(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	b.paidBooking()
	snapshot := booking.PayoutSnapshot{
		PayoutID: "po_1", Status: booking.PayoutPending, Amount: 44539, Currency: "USD", Automatic: true, Complete: true,
		Balance: balance("txn_po", -44539, 0, "payout"),
	}
	contents := *balance("txn_1", 45900, 1361, "charge")
	record := func(last bool) store.PayoutRecorded {
		recorded, err := b.Store.RecordPayout(t.Context(), store.PayoutReading{
			Snapshot: snapshot, Contents: b.contents(contents), LastLook: last, Now: time.Now().UTC(),
		})
		require.NoError(t, err)
		return recorded
	}
	for range 2 {
		require.Equal(t, store.ProofProven, record(false).Proof)
	}
	require.Zero(t, b.balanceOf("asset:stripe_clearing"))
	require.Equal(t, int64(44539), b.balanceOf("asset:payouts_in_transit"))
	require.Zero(t, b.balanceOf("asset:bank"))
	b.requirePromises()
	snapshot.Status = booking.PayoutPaid
	for range 2 {
		require.Equal(t, booking.PayoutPaid, record(false).Status)
		require.Zero(t, b.balanceOf("asset:payouts_in_transit"))
		require.Equal(t, int64(44539), b.balanceOf("asset:bank"))
	}
	snapshot.Status, snapshot.FailureCode, snapshot.FailureBalance = booking.PayoutFailed, "account_closed",
		balance("txn_po_back", 44539, 0, "payout_reversal")
	for range 2 {
		failed := record(false)
		require.Equal(t, booking.PayoutFailed, failed.Status)
		require.Len(t, failed.EmailIDs, 1)
	}
	require.Equal(t, int64(44539), b.balanceOf("asset:stripe_clearing"))
	require.Zero(t, b.balanceOf("asset:payouts_in_transit"))
	require.Zero(t, b.balanceOf("asset:bank"))
	b.requirePromises()

	unknown := snapshot
	snapshot = unknown
	snapshot.PayoutID, snapshot.Status, snapshot.Balance, snapshot.FailureBalance = "po_2", booking.PayoutPaid,
		balance("txn_po2", -100, 0, "payout"), nil
	snapshot.Amount, contents = 100, *balance("txn_nobody", 100, 0, "charge")
	require.Equal(t, store.ProofPending, record(false).Proof)
	require.Equal(t, store.ProofUnproven, record(true).Proof)
	found, err := b.Store.Payout(t.Context(), "po_2")
	require.NoError(t, err)
	require.Equal(t, 1, found.Unmatched)
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM emails WHERE kind = 'payout_unproven' AND booking_id IS NULL"))
	snapshot.PayoutID, snapshot.Automatic, snapshot.Balance = "po_3", false, balance("txn_po3", -100, 0, "payout")
	require.Equal(t, store.ProofManual, record(false).Proof)
}
