package store_test

import (
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/internal/dev/testdb"
	"farebook/money"
	"farebook/store"
	"farebook/store/proof"
)

// further reserves a payment of $45.00 on a booking.
func (b books) further(of booking.Reference, key string) (store.Reservation, error) {
	now := b.Store.Now().Truncate(time.Microsecond)
	asked := request()
	asked.Amount = money.Money{Value: 4500, Currency: "USD"}
	return b.Store.ReserveSupplement(b.t.Context(), store.NewBooking{
		Caller: b.caller, IdempotencyKey: key, Request: asked, HoldExpiresAt: now.Add(30 * time.Minute), CorrelationID: "c-" + key, Now: now,
		Supplement: &booking.Supplement{Of: of, Purpose: booking.PurposeBaggage, Description: "one bag"},
	})
}

// furtherPaid is a further payment whose payment is recorded.
func (b books) furtherPaid(of booking.Reference, key string) booking.Reference {
	b.t.Helper()
	reservation, err := b.further(of, key)
	require.NoError(b.t, err)
	snapshot := booking.PaymentSnapshot{
		PaymentIntentID: "pi_" + key, StripeStatus: "requires_payment_method", Reference: reservation.Booking.Reference, Amount: 4500,
		Currency: "USD",
	}
	require.NoError(b.t, b.Store.RecordPaymentIntent(b.t.Context(), snapshot.Reference, snapshot, false))
	snapshot.StripeStatus, snapshot.AmountReceived, snapshot.ChargeID = "succeeded", 4500, "ch_"+key
	snapshot.Balance = &booking.BalanceTransaction{
		Created: settledAt, ID: "txn_" + key, Amount: 4500, Fee: 161, Net: 4339, Currency: "USD",
	}
	_, err = b.record(snapshot, store.ReasonEvent)
	require.NoError(b.t, err)
	return snapshot.Reference
}

// Requests for further payments and the cancellation of their booking at once: whatever was made ends with the booking, by its percentage.
func TestFurtherPaymentsEndWithTheirBooking(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	reference := b.paidBooking()
	paid := b.furtherPaid(reference, "bag")
	in := store.Cancellation{Reference: reference, Policy: booking.Policy{{HoursBefore: 0, Percent: 50}}, Now: b.Store.Now()}
	var group sync.WaitGroup
	failures := make([]error, 8)
	for i := range failures {
		group.Go(func() {
			if i == 4 {
				_, failures[i] = b.Store.CancelPaid(t.Context(), in)
				return
			}
			_, failures[i] = b.further(reference, strconv.Itoa(i))
		})
	}
	group.Wait()
	var refused *store.NoSupplementError
	for i, err := range failures {
		if err != nil {
			require.NotEqual(t, 4, i)
			require.ErrorAs(t, err, &refused)
		}
	}
	known, err := b.Store.Booking(t.Context(), reference)
	require.NoError(t, err)
	all, err := b.Store.SupplementsOf(t.Context(), known)
	require.NoError(t, err)
	require.Len(t, all, known.Supplements)
	require.Equal(t, paid, all[0].Reference)
	due, err := b.Store.SupplementsDue(t.Context(), b.Store.Now().Add(time.Minute), 0, 100)
	require.NoError(t, err)
	require.Len(t, due, len(all))

	in.Reference, in.Policy = paid, booking.Policy{{HoursBefore: 0, Percent: 100}} // what was decided for the booking counts
	cancelled, err := b.Store.CancelPaid(t.Context(), in)
	require.NoError(t, err)
	require.Equal(t, int64(2250), cancelled.Refund.Value)
	due, err = b.Store.SupplementsDue(t.Context(), b.Store.Now().Add(time.Minute), 0, 100)
	require.NoError(t, err)
	require.Len(t, due, len(all)-1)
	b.requirePromises()
}

// A further payment that was lost when its booking ended is due to be cancelled, as the others are, once it is rebuilt.
func TestFurtherPaymentThatComesBackAfterTheEndIsDue(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	reference := b.paidBooking()
	_, err := b.Store.CancelPaid(t.Context(), store.Cancellation{
		Reference: reference, Policy: booking.Policy{{HoursBefore: 0, Percent: 50}}, Now: b.Store.Now(),
	})
	require.NoError(t, err)
	lost := booking.Reference("FB-7K2M9QXA")
	require.NoError(t, b.Store.RebuildBooking(t.Context(), store.RebuildItem{
		Reference: lost, PaymentIntentID: "pi_lost", Amount: money.Money{Value: 4500, Currency: "USD"}, Created: b.Store.Now(),
		Booking: store.LostBooking{
			ClientID: b.caller.ClientCode, CorrelationID: "c-lost", RequestKey: "lost", SupplementOf: reference, Capture: booking.CaptureAutomatic,
		},
	}, testdb.Tester, b.Store.Now()))
	due, err := b.Store.SupplementsDue(t.Context(), b.Store.Now().Add(time.Minute), 0, 100)
	require.NoError(t, err)
	require.Len(t, due, 1)
	require.Equal(t, lost, due[0].Reference)
	require.Equal(t, 50, b.Count(t, "SELECT cancel_due_percent FROM bookings WHERE reference = ?", string(lost)))
}

// A further payment that a booking left behind is seen.
func TestFurtherPaymentThatOutlivesItsBookingIsSeen(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	reference := b.paidBooking()
	b.furtherPaid(reference, "bag")
	_, err := b.Store.CancelPaid(t.Context(), store.Cancellation{
		Reference: reference, Policy: booking.Policy{{HoursBefore: 0, Percent: 50}}, Now: b.Store.Now(),
	})
	require.NoError(t, err)
	b.requirePromises()
	b.Exec(t, "UPDATE bookings SET cancel_due_at = NULL, updated_at = UTC_TIMESTAMP(6)")
	changes, err := proof.New(b.Store).Changes(t.Context())
	require.NoError(t, err)
	require.False(t, promiseOf(t, changes.Promises, "each further payment ends with its booking").Held)
}

// One key is one further payment, from many requests at once.
func TestFurtherPaymentIsReservedOnce(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	reference := b.paidBooking()
	answers := make([]store.Reservation, 10)
	failures := make([]error, len(answers))
	var group sync.WaitGroup
	for i := range answers {
		group.Go(func() { answers[i], failures[i] = b.further(reference, "one") })
	}
	group.Wait()
	for i, err := range failures {
		require.NoError(t, err)
		require.Equal(t, answers[0].Booking.Reference, answers[i].Booking.Reference)
	}
	require.Equal(t, 1, b.Count(t, "SELECT supplements FROM bookings WHERE reference = ?", string(reference)))
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM audit_log WHERE action = 'payment.create'"))
}

// A booking takes so many further payments and no more.
func TestFurtherPaymentsAreBounded(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	reference := b.paidBooking()
	for i := range booking.MaxSupplements {
		_, err := b.further(reference, strconv.Itoa(i))
		require.NoError(t, err)
	}
	var refused *store.NoSupplementError
	_, err := b.further(reference, "too many")
	require.ErrorAs(t, err, &refused)
}
