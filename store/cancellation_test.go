package store_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/store"
)

func TestPaidCancellation(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	reference := b.paidBooking()
	in := store.Cancellation{Reference: reference, Policy: booking.Policy{{HoursBefore: 0, Percent: 50}}, Now: time.Now().UTC()}
	quote, err := b.Store.QuoteCancellation(t.Context(), in)
	require.NoError(t, err)
	require.Equal(t, int64(22950), quote.Refund.Value)
	wrong := int64(45900)
	in.ExpectedRefund = &wrong
	var changed *store.QuoteChangedError
	_, err = b.Store.CancelPaid(t.Context(), in)
	require.ErrorAs(t, err, &changed)
	require.Equal(t, booking.StatusConfirmed, b.status())

	in.ExpectedRefund = &quote.Refund.Value
	answers := make([]store.Cancelled, 10)
	failures := make([]error, len(answers))
	var group sync.WaitGroup
	for i := range answers {
		group.Go(func() { answers[i], failures[i] = b.Store.CancelPaid(t.Context(), in) })
	}
	group.Wait()
	for i, err := range failures {
		require.NoError(t, err)
		require.Equal(t, answers[0], answers[i])
	}
	require.Equal(t, booking.StatusCancelled, answers[0].BookingStatus)
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM refunds WHERE origin = 'cancellation' AND amount = 22950"))
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM emails WHERE kind = 'booking_cancelled_paid'"))
	_, err = b.Store.QuoteCancellation(t.Context(), in)
	var refused *store.NotCancellableError
	require.ErrorAs(t, err, &refused)
	b.requirePromises()
}

// A payment captured in part is two postings, and no refund may exceed the part.
func TestPartialCapture(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	held := b.held()
	b.Exec(t, "UPDATE bookings SET capture_method = 'manual'")
	authorised := held
	authorised.StripeStatus, authorised.CaptureBefore = "requires_capture", time.Now().Add(time.Hour).UTC()
	recorded, err := b.record(authorised, store.ReasonEvent)
	require.NoError(t, err)
	require.Equal(t, booking.StatusPendingPayment, recorded.BookingStatus)
	require.NotNil(t, recorded.CaptureBefore)
	captured := paid(held, true)
	captured.AmountReceived, captured.Balance.Fee = 30000, 900
	captured.Reversal = balance("txn_rest", -15900, 0, "partial_capture_reversal")
	recorded, err = b.record(captured, store.ReasonEvent)
	require.NoError(t, err)
	require.Equal(t, booking.StatusConfirmed, recorded.BookingStatus)
	require.Nil(t, recorded.CaptureBefore)
	require.Equal(t, int64(30000-900), b.balanceOf("asset:stripe_clearing"))
	_, err = b.askRefund(held.Reference, "too much", 30001)
	var exceeds *store.RefundExceedsCapturedError
	require.ErrorAs(t, err, &exceeds)
	b.requirePromises()
}
