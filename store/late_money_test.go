package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/ledger"
	"farebook/store"
)

// Late money whose refund a dispute stood in the way of is asked for again once the dispute is won, and once only: what is
// refused after that for the same reason is over something that the books do not know.
func TestLateMoneyIsReservedOncePerDisputeWon(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	late := b.lateMoney()
	refuse := func(id booking.RefundID) {
		_, err := b.Store.RecordRefundRefused(t.Context(), id, "charge_disputed", time.Now().UTC())
		require.NoError(t, err)
	}
	refuse(late.RefundIDs[0])
	require.Empty(t, b.recordDispute(disputeAt(booking.DisputeNeedsResponse, withdrawn)).RefundIDs)
	for range 2 {
		won := b.recordDispute(disputeAt(booking.DisputeWon, withdrawn, reinstated))
		require.Len(t, won.RefundIDs, 1)
		require.NotEqual(t, late.RefundIDs, won.RefundIDs)
		late.RefundIDs = append(late.RefundIDs[:1], won.RefundIDs...)
	}
	b.requirePromises()
	refuse(late.RefundIDs[1])
	require.Empty(t, b.recordDispute(disputeAt(booking.DisputeWon, withdrawn, reinstated)).RefundIDs)
	require.Equal(t, 2, b.Count(t, "SELECT COUNT(*) FROM refunds"))
}

// The bank gave back a part of late money: Stripe refunds nothing of such a payment, so that an operator has to.
func TestLateMoneyThatWasChargedBackInPart(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	held := b.cancelledUnpaid()
	part := disputeAt(booking.DisputeLost, *balance("txn_out", -30000, 1500, "dispute"))
	part.Amount = 30000
	b.recordDispute(part)
	late, err := b.record(paid(held, true), store.ReasonEvent)
	require.NoError(t, err)
	require.True(t, late.RefundDue)
	require.Empty(t, late.RefundIDs)
	b.recordDispute(part)
	require.Contains(t, b.Text(t, "SELECT attention FROM bookings"), "charged back")
	b.requirePromises()
}

// Stripe had made the refund of late money over less, and the books learn of it after the departure: what is left was never owed as a
// flight, so that it is no income and stays due to the traveller.
func TestLateMoneyOfWhichStripeHasRefundedLess(t *testing.T) {
	t.Parallel()
	for _, now := range []time.Time{time.Now().UTC(), departed} {
		b := newBooks(t)
		refund, err := b.Store.Refund(t.Context(), b.lateMoney().RefundIDs[0])
		require.NoError(t, err)
		less := atStripe(refund, "re_1", "succeeded")
		less.RequestKey, less.Amount, less.Balance = refund.RequestKey, 40000, balance("txn_re_1", -40000, 0, "refund")
		_, err = b.Store.RecordRefund(t.Context(), store.RefundReading{Snapshot: less, Now: now})
		require.NoError(t, err)
		require.Equal(t, map[ledger.Account]int64{ledger.LiabilityUnearnedRevenue: 5900}, b.owed())
		b.requirePromises()
		b.recognise(departed)
		require.Equal(t, map[ledger.Account]int64{ledger.LiabilityRefundsPayable: 5900}, b.owed())
		b.requirePromises()
	}
}
