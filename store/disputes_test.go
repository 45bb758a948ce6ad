package store_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/store"
)

func TestDisputeLostThenTurnedRound(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	opened := b.disputed()
	require.Equal(t, booking.StatusDisputed, opened.BookingStatus)
	require.Equal(t, int64(45900), b.balanceOf("asset:disputed_funds"))
	require.Equal(t, int64(1361+1500), b.balanceOf("expense:stripe_fees"))
	b.requirePromises()

	lost := b.recordDispute(disputeAt(booking.DisputeLost, withdrawn))
	require.Equal(t, booking.StatusRefunded, lost.BookingStatus, "the money went back, by the bank")
	require.Zero(t, b.balanceOf("expense:chargebacks"), "no flight is owed any more")
	require.Zero(t, b.balanceOf("liability:unearned_revenue"))
	require.Zero(t, b.balanceOf("asset:disputed_funds"))
	stale := b.recordDispute(disputeAt(booking.DisputeUnderReview, withdrawn))
	require.Equal(t, booking.DisputeLost, stale.Status)
	b.requirePromises()

	won := b.recordDispute(disputeAt(booking.DisputeWon, withdrawn, reinstated))
	require.Equal(t, booking.StatusConfirmed, won.BookingStatus)
	require.False(t, won.Unreinstated)
	require.Zero(t, b.balanceOf("expense:chargebacks"))
	require.Zero(t, b.balanceOf("asset:disputed_funds"))
	require.Equal(t, int64(1361), b.balanceOf("expense:stripe_fees"))
	require.Equal(t, 3, b.Count(t, "SELECT COUNT(*) FROM emails WHERE audience = 'finance' AND kind LIKE 'dispute%'"))
	b.requirePromises()
}

// All that Stripe ever said of a dispute, in any order and at once, ends in the same books.
func TestShuffledDisputeEndsInTheSameBooks(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	b.paidBooking()
	snapshots := []booking.DisputeSnapshot{
		disputeAt(booking.DisputeWarningNeedsResponse), disputeAt(booking.DisputeNeedsResponse, withdrawn),
		disputeAt(booking.DisputeUnderReview, withdrawn),
		disputeAt(booking.DisputeWon, withdrawn), disputeAt(booking.DisputeWon, withdrawn, reinstated),
		disputeAt(booking.DisputeWon, withdrawn, reinstated),
	}
	b.dice().Shuffle(len(snapshots), func(i, j int) { snapshots[i], snapshots[j] = snapshots[j], snapshots[i] })
	failures := make([]error, len(snapshots))
	var group sync.WaitGroup
	for i, snapshot := range snapshots {
		group.Go(func() {
			for range 3 { // two that insert the row at once: one meets the UNIQUE key, as an activity would, and comes again
				_, failures[i] = b.Store.RecordDispute(t.Context(), store.DisputeReading{Snapshot: snapshot, Now: time.Now().UTC()})
				if failures[i] == nil {
					return
				}
			}
		})
	}
	group.Wait()
	for _, err := range failures {
		require.NoError(t, err)
	}
	require.Equal(t, booking.StatusConfirmed, b.status())
	require.Equal(t, int64(44539), b.balanceOf("asset:stripe_clearing"))
	require.Zero(t, b.balanceOf("asset:disputed_funds"))
	b.requirePromises()
}

// Refunded and disputed: both together exceed what was captured, which finance reads in an email; no further refund is accepted.
func TestDisputeOfARefundedPayment(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	refund := b.refunded(30000)
	b.recordDispute(disputeAt(booking.DisputeNeedsResponse, withdrawn))
	require.Equal(t, 1, b.Count(t, `SELECT COUNT(*) FROM emails WHERE kind = 'dispute_opened' AND content_json LIKE '%"exceeds":true%'`))
	_, err := b.askRefund(refund.Reference, "more", 100)
	var refused *store.NotRefundableError
	require.ErrorAs(t, err, &refused)
	b.requirePromises()
}

// Each of two disputes is within what was captured, both together are not: the second email says so.
func TestTwoDisputesExceedTogether(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	b.paidBooking()
	const exceeding = `SELECT COUNT(*) FROM emails WHERE kind = 'dispute_opened' AND content_json LIKE '%"exceeds":true%'`
	for i, id := range []string{"dp_1", "dp_2"} {
		opened := disputeAt(booking.DisputeNeedsResponse, *balance("txn_"+id, -30000, 1500, "dispute"))
		opened.DisputeID, opened.Amount = id, 30000
		b.recordDispute(opened)
		require.Equal(t, i, b.Count(t, exceeding), "after %s", id)
	}
	b.requirePromises()
}

// A refund that comes back while the payment is disputed, or after the bank has decided, leaves nothing that we owe: the email
// and the operator's note say who has the money.
func TestRefundFailsBesideADispute(t *testing.T) {
	t.Parallel()
	for status, says := range map[booking.DisputeStatus]string{
		booking.DisputeNeedsResponse: "bank decides about the money", booking.DisputeLost: "bank has given the money back",
	} {
		b := newBooks(t)
		refund := b.refunded(0)
		b.recordDispute(disputeAt(booking.DisputeNeedsResponse, withdrawn))
		b.recordDispute(disputeAt(status, withdrawn))
		require.Equal(t, booking.RefundFailed, b.recordRefund(cameBack(refund, "unknown")).Status)
		require.Contains(t, b.Text(t, "SELECT attention FROM bookings"), says)
		require.NotContains(t, b.Text(t, "SELECT content_json FROM emails WHERE kind = 'refund_failed'"), `"owed"`)
		require.Contains(t, b.Text(t, "SELECT content_json FROM emails WHERE kind = 'refund_failed'"), `"obstacle"`)
		b.requirePromises()
	}
}

// Exchange rates change while the bank decides, and some decisions are partial: what is not given back is booked where lost
// disputes are, in either direction, and shown.
func TestDisputeWonWithOtherMoneyThanItTook(t *testing.T) {
	t.Parallel()
	for says, back := range map[string]int64{"gave back $19.00 less than it took": 44000, "gave back $19.00 more than it took": 47800} {
		b := newBooks(t)
		b.disputed()
		waiting := b.recordDispute(disputeAt(booking.DisputeWon, withdrawn))
		require.True(t, waiting.Unreinstated)
		require.Equal(t, int64(45900), b.balanceOf("asset:disputed_funds"), "it is awaited")
		other := *balance("txn_in", back, -1500, "dispute_reversal")
		for _, balances := range [][]booking.BalanceTransaction{{withdrawn, other}, {withdrawn, other}, {withdrawn}} {
			won := b.recordDispute(disputeAt(booking.DisputeWon, balances...))
			require.False(t, won.Unreinstated)
			require.Equal(t, booking.StatusConfirmed, won.BookingStatus)
		}
		require.Zero(t, b.balanceOf("asset:disputed_funds"))
		require.Equal(t, 45900-back, b.balanceOf("expense:chargebacks"))
		require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM financial_ledger WHERE type = 'chargeback'"))
		require.Contains(t, b.Text(t, "SELECT attention FROM bookings"), says)
		b.requirePromises()
	}
}

// Won, and the money does not come back: after the last reading it is a loss, until it comes back after all.
func TestDisputeWonAndNotPaidBack(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	b.disputed()
	recorded, err := b.Store.RecordDispute(t.Context(), store.DisputeReading{
		Snapshot: disputeAt(booking.DisputeWon, withdrawn), LastLook: true, Now: time.Now().UTC(),
	})
	require.NoError(t, err)
	require.False(t, recorded.Unreinstated)
	require.False(t, b.recordDispute(disputeAt(booking.DisputeWon, withdrawn)).Unreinstated, "and so it stays")
	require.Equal(t, int64(45900), b.balanceOf("expense:chargebacks"))
	b.requirePromises()
	require.False(t, b.recordDispute(disputeAt(booking.DisputeWon, withdrawn, reinstated)).Unreinstated)
	require.Zero(t, b.balanceOf("expense:chargebacks"))
	require.Zero(t, b.balanceOf("asset:disputed_funds"))
	b.requirePromises()
}

// The loss of a dispute that is turned round is taken back but for what does not come.
func TestDisputeTurnedRoundWithLess(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	b.paidBooking()
	b.recordDispute(disputeAt(booking.DisputeLost, withdrawn))
	b.recordDispute(disputeAt(booking.DisputeWon, withdrawn, *balance("txn_in", 44000, -1500, "dispute_reversal")))
	require.Equal(t, int64(1900), b.balanceOf("expense:chargebacks"))
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM financial_ledger WHERE description LIKE 'Loss taken back%'"))
	require.Contains(t, b.Text(t, "SELECT attention FROM bookings"), "less than it took")
	b.requirePromises()
}
