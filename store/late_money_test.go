package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/booking"
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
