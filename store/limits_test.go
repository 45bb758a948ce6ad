package store_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/access"
	"farebook/booking"
	"farebook/money"
	"farebook/store"
)

// signedIn is somebody who has signed in to the console.
func (b books) signedIn(name string, role access.Role) store.Caller {
	b.t.Helper()
	person, err := b.Store.SignIn(b.t.Context(), store.Person{Issuer: "https://issuer.example", Subject: name, Name: name, Role: role}, "c-1")
	require.NoError(b.t, err)
	caller, err := b.Store.CallerOf(b.t.Context(), person)
	require.NoError(b.t, err)
	return caller
}

// paidBookings are bookings of $459.00.
func (b books) paidBookings(count int) []booking.Reference {
	b.t.Helper()
	all := make([]booking.Reference, count)
	for i := range all {
		reservation, err := b.reserve(fmt.Sprintf("paid-%d", i), 1)
		require.NoError(b.t, err)
		snapshot := booking.PaymentSnapshot{
			PaymentIntentID: fmt.Sprintf("pi_paid%d", i), StripeStatus: "requires_payment_method", Reference: reservation.Booking.Reference,
			Amount: 45900, Currency: "USD",
		}
		require.NoError(b.t, b.Store.RecordPaymentIntent(b.t.Context(), snapshot.Reference, snapshot, false))
		snapshot = paid(snapshot, true)
		snapshot.ChargeID, snapshot.Balance.ID = fmt.Sprintf("ch_paid%d", i), fmt.Sprintf("txn_paid%d", i)
		_, err = b.record(snapshot, store.ReasonEvent)
		require.NoError(b.t, err)
		all[i] = snapshot.Reference
	}
	return all
}

// refundAs reserves a refund for a caller under a key.
func (b books) refundAs(caller store.Caller, reference booking.Reference, key string, amount int64, limits access.Limits,
) (store.Refund, error) {
	refund, _, err := b.Store.ReserveRefund(b.t.Context(), store.NewRefund{
		Key:       store.IdempotencyKey{Caller: caller, Key: key, Operation: store.OperationCreateRefund},
		Reference: reference, Request: booking.RefundRequest{Amount: amount, Reason: booking.ReasonRequestedByCustomer},
		CorrelationID: "c-1", By: caller.Actor("c-1"), Limits: limits, Now: b.Store.Now(),
	})
	return refund, err
}

var supportLimits = access.Limits{access.Support: {"USD": {Action: 100_00, Day: 500_00}}}

// refundedBy is what the audit log and the refunds say that somebody has refunded.
func (b books) refundedBy(caller store.Caller) int {
	b.t.Helper()
	return b.Count(b.t, `SELECT COALESCE(SUM(r.amount), 0) FROM audit_log a JOIN refunds r ON r.refund_id = a.subject
		WHERE a.action = 'refund.create' AND a.api_key_id = ?`, caller.KeyID)
}

// Twenty requests of one person at once, on five bookings, have room for five within the limit of a day: five succeed, whatever the order,
// and each other one is refused with what is left.
func TestALimitOfADayIsNotRaced(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	b.AtNoon()
	sam, bookings := b.signedIn("sam", access.Support), b.paidBookings(5)
	var group sync.WaitGroup
	errs := make([]error, 20)
	for i := range errs {
		group.Go(func() { _, errs[i] = b.refundAs(sam, bookings[i%5], fmt.Sprintf("key-%d", i), 100_00, supportLimits) })
	}
	group.Wait()
	refunded := 0
	for _, err := range errs {
		var above *access.AboveLimitError
		if err == nil {
			refunded++
		} else {
			require.ErrorAs(t, err, &above)
			require.Zero(t, above.Left().Value)
		}
	}
	require.Equal(t, 5, refunded)
	require.Equal(t, 500_00, b.refundedBy(sam))
	require.Equal(t, 500_00, b.Count(t, "SELECT SUM(amount) FROM moved_amounts"))
	require.Equal(t, 5, b.Count(t, "SELECT COUNT(*) FROM refunds"), "a refused refund leaves nothing")
}

// A refund waits for another request of the same person that has read what is left of the day and not written yet what it moves.
func TestALimitOfADayWaitsForTheRequestBefore(t *testing.T) {
	t.Parallel()
	b := patientBooks(t)
	b.AtNoon()
	sam, bookings := b.signedIn("sam", access.Support), b.paidBookings(1)
	before := b.begin()
	var id uint64
	require.NoError(t,
		before.QueryRowContext(t.Context(), "SELECT id FROM console_people WHERE api_key_id = ? FOR UPDATE", sam.KeyID).Scan(&id))
	refunding := begin(func() error {
		_, err := b.refundAs(sam, bookings[0], "key", 100_00, supportLimits)
		return err
	})
	b.AwaitLockWaits(t, 1)
	_, err := before.ExecContext(t.Context(), `INSERT INTO moved_amounts (api_key_id, kind, currency, amount, subject, at)
		VALUES (?, 'refund', 'USD', 45000, 'RF-00000000', ?)`, sam.KeyID, b.Store.Now())
	require.NoError(t, err)
	require.NoError(t, before.Commit())
	var above *access.AboveLimitError
	require.ErrorAs(t, refunding(), &above)
	require.EqualValues(t, 50_00, above.Left().Value)
	require.Zero(t, b.Count(t, "SELECT COUNT(*) FROM refunds"))
}

// What a limit counts is one person's, of one kind, of one currency, of one day; a repetition counts once.
func TestWhatALimitCounts(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	b.AtNoon()
	sam, sara, bookings := b.signedIn("sam", access.Support), b.signedIn("sara", access.Support), b.paidBookings(3)
	var above *access.AboveLimitError
	_, err := b.refundAs(sam, bookings[0], "large", 100_01, supportLimits)
	require.ErrorAs(t, err, &above)
	require.EqualValues(t, 500_00, above.Left().Value, "nothing was counted")

	for i := range 5 {
		key := fmt.Sprintf("key-%d", i)
		refund, err := b.refundAs(sam, bookings[i%2], key, 100_00, supportLimits)
		require.NoError(t, err)
		again, err := b.refundAs(sam, bookings[i%2], key, 100_00, supportLimits)
		require.NoError(t, err)
		require.Equal(t, refund.ID, again.ID)
	}
	_, err = b.refundAs(sam, bookings[2], "above", 1_00, supportLimits)
	require.ErrorAs(t, err, &above)
	require.Zero(t, above.Left().Value)

	_, err = b.refundAs(sara, bookings[2], "hers", 100_00, supportLimits)
	require.NoError(t, err, "somebody else has the whole day")
	_, err = b.refundAs(b.caller, bookings[2], "program", 101_00, supportLimits)
	require.NoError(t, err, "a program with a key has no limit")
	euros := access.Limits{access.Support: {"EUR": {Action: 100_00, Day: 500_00}}}
	_, err = b.refundAs(sara, bookings[2], "dollars", 1, euros)
	require.ErrorContains(t, err, "no limit in USD")
	_, err = b.refundAs(b.signedIn("fay", access.Finance), bookings[2], "finance", 200_00, supportLimits)
	require.NoError(t, err, "finance has no limit here")

	b.AtNoon() // of the next day
	_, err = b.refundAs(sam, bookings[1], "tomorrow", 59_00, supportLimits)
	require.NoError(t, err)
	require.Equal(t, 559_00, b.refundedBy(sam))
}

// A refund of all that is left has the amount that it comes to.
func TestAllThatIsLeftIsLimited(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	b.AtNoon()
	sam, bookings := b.signedIn("sam", access.Support), b.paidBookings(1)
	var above *access.AboveLimitError
	_, err := b.refundAs(sam, bookings[0], "all", 0, supportLimits)
	require.ErrorAs(t, err, &above)
	require.Equal(t, money.Money{Value: 459_00, Currency: "USD"}, above.Asked)
	_, err = b.refundAs(b.caller, bookings[0], "most", 400_00, nil)
	require.NoError(t, err)
	refund, err := b.refundAs(sam, bookings[0], "rest", 0, supportLimits)
	require.NoError(t, err)
	require.EqualValues(t, 59_00, refund.Amount.Value)
	require.False(t, errors.As(err, &above))
}
