package store_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/store"
)

// Fifty at once never exceed what was captured, and two of the same amount are two.
func TestFiftyRefundsAtOnceStayWithinTheCaptured(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	reference := b.paidBooking()
	failures := make([]error, 50)
	var group sync.WaitGroup
	for i := range failures {
		group.Go(func() { _, failures[i] = b.askRefund(reference, fmt.Sprintf("key-%d", i), 10000) })
	}
	group.Wait()
	refused := 0
	for _, err := range failures {
		if err == nil {
			continue
		}
		var exceeds *store.RefundExceedsCapturedError
		require.ErrorAs(t, err, &exceeds)
		refused++
	}
	require.Equal(t, 46, refused)
	require.Equal(t, 4, b.Count(t, "SELECT COUNT(*) FROM refunds WHERE amount = 10000"))
	require.Equal(t, 5, b.Count(t, "SELECT COUNT(*) FROM idempotency_keys"), "a refused one leaves its key unused")
	rest, err := b.askRefund(reference, "rest", 0)
	require.NoError(t, err)
	require.Equal(t, int64(5900), rest.Amount.Value, "no amount is all that is left")
	_, err = b.askRefund(reference, "more", 0)
	require.ErrorContains(t, err, "$0.00 that is left")
	b.requirePromises()
}

func TestRefundOfWhatWasNotPaidIsRefused(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	held := b.held()
	_, err := b.askRefund(held.Reference, "refund", 100)
	var refused *store.NotRefundableError
	require.ErrorAs(t, err, &refused)
	_, err = b.askRefund("FB-00000000", "refund", 100)
	require.ErrorIs(t, err, store.ErrNotFound)
	require.Equal(t, 0, b.Count(t, "SELECT COUNT(*) FROM refunds"))
}

// A refund goes through, in two parts; what was reserved is what is posted, and each email is written once.
func TestRefundsTakeTheBookingAlong(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	reference := b.paidBooking()
	first, err := b.askRefund(reference, "first", 20000)
	require.NoError(t, err)
	again, err := b.askRefund(reference, "first", 20000)
	require.NoError(t, err)
	require.Equal(t, first, again)

	pending := b.recordRefund(atStripe(first, "re_1", "pending"))
	require.Equal(t, booking.StatusConfirmed, pending.BookingStatus, "nothing has gone back yet")
	require.Len(t, pending.EmailIDs, 1)
	for range 2 {
		done := b.recordRefund(atStripe(first, "re_1", "succeeded"))
		require.Equal(t, booking.StatusPartiallyRefunded, done.BookingStatus)
	}
	stale := b.recordRefund(atStripe(first, "re_1", "pending"))
	require.Equal(t, booking.RefundSucceeded, stale.Status, "an older snapshot moves nothing back")

	second, err := b.askRefund(reference, "second", 0)
	require.NoError(t, err)
	require.Equal(t, booking.StatusRefunded, b.recordRefund(atStripe(second, "re_2", "succeeded")).BookingStatus)
	require.Equal(t, 2, b.Count(t, "SELECT COUNT(*) FROM financial_ledger WHERE type = 'refund'"))
	require.Equal(t, 2, b.Count(t, "SELECT COUNT(*) FROM emails WHERE kind = 'refunded'"))
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM emails WHERE kind = 'refund_started'"))
	b.requirePromises()
}

// A refund that fails after it succeeded is reversed in the ledger, shown, and its amount can be refunded again.
func TestRefundFailsAfterItSucceeded(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	refund := b.refunded(0)
	failed := cameBack(refund, "lost_or_stolen_card")
	for range 2 {
		recorded := b.recordRefund(failed)
		require.Equal(t, booking.RefundFailed, recorded.Status)
		require.Equal(t, booking.StatusConfirmed, recorded.BookingStatus)
	}
	require.Contains(t, b.Text(t, "SELECT attention FROM bookings"), "lost_or_stolen_card")
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM financial_ledger WHERE type = 'refund_failure'"))
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM emails WHERE kind = 'refund_failed'"))
	require.Equal(t, booking.RefundFailed, b.recordRefund(atStripe(refund, "re_1", "succeeded")).Status)
	again, err := b.askRefund(refund.Reference, "again", 0)
	require.NoError(t, err)
	require.Equal(t, int64(45900), again.Amount.Value)
	b.requirePromises()
}

// Stripe's refusal frees what was reserved.
func TestRefusedRefund(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	refund := b.requestedRefund(0)
	for range 2 {
		recorded, err := b.Store.RecordRefundRefused(t.Context(), refund.ID, "charge_disputed", time.Now().UTC())
		require.NoError(t, err)
		require.Equal(t, booking.RefundFailed, recorded.Status)
	}
	require.Equal(t, "charge_disputed", b.Text(t, "SELECT failure_reason FROM refunds"))
	require.Equal(t, 1, b.Count(t, `SELECT COUNT(*) FROM emails WHERE kind = 'refund_failed' AND content_json LIKE '%"obstacle":"disputed"%'`))
	require.Contains(t, b.Text(t, "SELECT attention FROM bookings"), "bank decides about the money")
	require.Equal(t, 0, b.Count(t, "SELECT COUNT(*) FROM financial_ledger WHERE type IN ('refund', 'refund_failure')"))
	_, err := b.askRefund(refund.Reference, "again", 0)
	require.NoError(t, err)
	b.requirePromises()
}

// One that was made in Stripe's dashboard gets its row when we hear of it, also several times at once.
func TestRefundFromTheDashboard(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	b.paidBooking()
	made := booking.RefundSnapshot{
		StripeRefundID: "re_hand", PaymentIntentID: "pi_1", StripeStatus: "succeeded", Amount: 900, Currency: "USD",
		Balance: balance("txn_hand", -900, 0, "refund"),
	}
	failures := make([]error, 8)
	var group sync.WaitGroup
	for i := range failures {
		group.Go(func() {
			_, failures[i] = b.Store.RecordRefund(t.Context(), store.RefundReading{Snapshot: made, Now: time.Now().UTC()})
		})
	}
	group.Wait()
	for _, err := range failures {
		require.NoError(t, err)
	}
	require.Equal(t, "dashboard", b.Text(t, "SELECT origin FROM refunds"))
	require.Equal(t, booking.StatusPartiallyRefunded, b.status())
	known, err := b.Store.RefundByStripeID(t.Context(), "re_hand")
	require.NoError(t, err)
	require.NotEmpty(t, known.ID)
	made.PaymentIntentID = "pi_other"
	_, err = b.Store.RecordRefund(t.Context(), store.RefundReading{Snapshot: made, Now: time.Now().UTC()})
	require.ErrorIs(t, err, store.ErrNotFound)
	b.requirePromises()
}

// What is not about the refund that its metadata names is not recorded.
func TestRefundThatDoesNotFit(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	refund := b.requestedRefund(20000)
	other := atStripe(refund, "re_1", "succeeded")
	other.Amount = 30000
	_, err := b.Store.RecordRefund(t.Context(), store.RefundReading{Snapshot: other, Now: time.Now().UTC()})
	var contradiction *store.ContradictionError
	require.ErrorAs(t, err, &contradiction)
	require.NotEmpty(t, b.Text(t, "SELECT attention FROM bookings"))
	require.Equal(t, 0, b.Count(t, "SELECT COUNT(*) FROM financial_ledger WHERE type = 'refund'"))
}

// A refund that is in the books of one booking is not posted to another, whatever payment its reading names.
func TestRefundOfAnotherBookingIsNotPosted(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	elsewhere := atStripe(b.refunded(20000), "re_1", "succeeded")
	b.paidBookings(1)
	elsewhere.PaymentIntentID, elsewhere.Balance = "pi_paid0", balance("txn_re_1b", -20000, 0, "refund")
	_, err := b.Store.RecordRefund(t.Context(), store.RefundReading{Snapshot: elsewhere, Now: time.Now().UTC()})
	var contradiction *store.ContradictionError
	require.ErrorAs(t, err, &contradiction)
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM financial_ledger WHERE type = 'refund'"))
	b.requirePromises()
}
