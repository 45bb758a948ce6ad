package store_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/store"
)

// Everything that Stripe ever said of a payment, in any order and at once, ends in the same books.
func TestShuffledNewsEndsInTheSameBooks(t *testing.T) {
	t.Parallel()
	for range 5 {
		b := newBooks(t)
		held := b.held()
		var snapshots []booking.PaymentSnapshot
		for _, status := range []string{"requires_payment_method", "requires_confirmation", "requires_action", "processing", "requires_capture"} {
			snapshot := held
			snapshot.StripeStatus = status
			snapshots = append(snapshots, snapshot, snapshot)
		}
		declined := held
		declined.DeclineCode = "generic_decline"
		snapshots = append(snapshots, declined, paid(held, false), paid(held, false), paid(held, true), paid(held, true))
		b.dice().Shuffle(len(snapshots), func(i, j int) { snapshots[i], snapshots[j] = snapshots[j], snapshots[i] })
		failures := make([]error, len(snapshots))
		var group sync.WaitGroup
		for i, snapshot := range snapshots {
			group.Go(func() { _, failures[i] = b.record(snapshot, store.ReasonEvent) })
		}
		group.Wait()
		for i, err := range failures {
			require.NoError(t, err, snapshots[i].StripeStatus)
		}
		found, err := b.Store.Booking(t.Context(), held.Reference)
		require.NoError(t, err)
		require.Equal(t, booking.StatusConfirmed, found.Status)
		require.Equal(t, booking.PaymentSucceeded, found.Payment.Status)
		require.True(t, found.Payment.FeePosted)
		require.EqualValues(t, 45900, found.Payment.AmountCaptured)
		balances, err := b.Store.Balances(t.Context())
		require.NoError(t, err)
		require.Equal(t, []store.Balance{
			{Account: "asset:stripe_clearing", Currency: "USD", Amount: 44539},
			{Account: "expense:stripe_fees", Currency: "USD", Amount: 1361},
			{Account: "liability:unearned_revenue", Currency: "USD", Amount: -45900},
		}, balances)
		b.requirePromises()
	}
}

// The step is one transaction: when its last statement fails, nothing of it is there.
func TestHalfARecordingIsNone(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	snapshot := paid(b.held(), true)
	_, err := b.Store.ReceiveEvent(t.Context(),
		store.Event{ID: "evt_1", Type: "payment_intent.succeeded", Created: time.Now().UTC(), Payload: []byte(`{}`)}, "", time.Minute)
	require.NoError(t, err)
	outcome := store.PaymentReading{
		Snapshot: snapshot, EventIDs: []string{"evt_1", "evt_unknown"}, Reason: store.ReasonEvent,
		Now: time.Now().UTC(),
	}

	b.Exec(t, "CREATE TRIGGER out_of_order BEFORE UPDATE ON stripe_events FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'out of "+
		"order'")
	_, err = b.Store.RecordPayment(t.Context(), outcome)
	require.ErrorContains(t, err, "out of order")
	for _, table := range []string{"financial_ledger", "ledger_entries", "emails"} {
		require.Equal(t, 0, b.Count(t, "SELECT COUNT(*) FROM "+table), table)
	}
	require.Equal(t, "pending_payment", b.Text(t, "SELECT status FROM bookings"))
	require.Equal(t, "pending", b.Text(t, "SELECT status FROM payments"))

	b.Exec(t, "DROP TRIGGER out_of_order")
	_, err = b.Store.RecordPayment(t.Context(), outcome)
	require.NoError(t, err)
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM stripe_events WHERE processed AND processed_at IS NOT NULL"))
	b.requirePromises()
}

// A lock that is held too long (1205) ends the statement only: the whole step is repeated.
func TestLockWaitIsRepeatedWhole(t *testing.T) {
	t.Parallel()
	plain := newBooks(t)
	b, log := plain.logged("innodb_lock_wait_timeout=1")
	snapshot := paid(b.held(), true)
	holder, err := b.SQL.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	_, err = holder.ExecContext(t.Context(), "SELECT * FROM payments FOR UPDATE")
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() {
		_, err := b.record(snapshot, store.ReasonEvent)
		done <- err
	}()
	require.Eventually(t, func() bool { return strings.Contains(log.String(), `"code":1205`) }, time.Minute, 20*time.Millisecond)
	require.NoError(t, holder.Rollback())
	require.NoError(t, <-done)
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM financial_ledger"))
	b.requirePromises()
}

// A PaymentIntent that does not fit must not take the place of the right one.
func TestContradictionTakesNoPlace(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	reservation, err := b.reserve("key", 1)
	require.NoError(t, err)
	right := booking.PaymentSnapshot{
		PaymentIntentID: "pi_right", StripeStatus: "requires_payment_method", Reference: reservation.Booking.Reference, Amount: 45900,
		Currency: "USD",
	}
	wrong := right
	wrong.PaymentIntentID, wrong.Amount = "pi_wrong", 100
	var contradiction *store.ContradictionError
	require.ErrorAs(t, b.Store.RecordPaymentIntent(t.Context(), wrong.Reference, wrong, false), &contradiction)
	_, err = b.record(paid(wrong, true), store.ReasonEvent)
	require.ErrorAs(t, err, &contradiction)
	require.Equal(t, 0, b.Count(t, "SELECT COUNT(*) FROM payments"))
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM bookings WHERE attention IS NOT NULL"))

	for range 2 {
		require.NoError(t, b.Store.RecordPaymentIntent(t.Context(), right.Reference, right, false))
	}
	_, err = b.record(paid(right, true), store.ReasonEvent)
	require.NoError(t, err)
	b.requirePromises()
}

// One PaymentIntent pays one booking: somebody changed the metadata at Stripe.
func TestPaymentIntentOfAnotherBooking(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	first := b.held()
	reservation, err := b.reserve("other", 1)
	require.NoError(t, err)
	moved := paid(first, true)
	moved.Reference = reservation.Booking.Reference
	_, err = b.Store.RecordPayment(t.Context(), store.PaymentReading{
		Reference: moved.Reference, Snapshot: moved, Reason: store.ReasonEvent, Now: time.Now().UTC(),
	})
	var contradiction *store.ContradictionError
	require.ErrorAs(t, err, &contradiction)
	require.Contains(t, contradiction.Problem, "another booking's")
	require.Equal(t, 0, b.Count(t, "SELECT COUNT(*) FROM financial_ledger"))
	require.Equal(t, string(moved.Reference), b.Text(t, "SELECT reference FROM bookings WHERE attention IS NOT NULL"))
}

// What is recorded for a PaymentIntent is its booking's, whatever the metadata says.
func TestPaymentIsRecordedByItsIDAndNotByItsMetadata(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	held := b.held()
	reservation, err := b.reserve("other", 1)
	require.NoError(t, err)
	for _, named := range []booking.Reference{reservation.Booking.Reference, "", booking.NewReference()} {
		edited := paid(held, true)
		edited.Reference = named
		recorded, err := b.record(edited, store.ReasonEvent)
		require.NoError(t, err)
		require.Equal(t, booking.StatusConfirmed, recorded.BookingStatus)
	}
	require.Equal(t, string(held.Reference), b.Text(t, "SELECT reference FROM bookings WHERE status = 'confirmed'"))
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM financial_ledger"))
	b.requirePromises()
}

// A PaymentIntent that the books do not know, and that does not name the booking at Stripe, is not the booking's.
func TestPaymentThatDoesNotNameTheBookingIsNotRecorded(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	reservation, err := b.reserve("unpaid", 1)
	require.NoError(t, err)
	_, err = b.Store.ReceiveEvent(t.Context(), event("evt_1", "payment_intent.succeeded"), "", time.Minute)
	require.NoError(t, err)
	recorded, err := b.Store.RecordPayment(t.Context(), store.PaymentReading{
		Reference: reservation.Booking.Reference, EventIDs: []string{"evt_1"}, Reason: store.ReasonEvent, Now: time.Now().UTC(),
		Snapshot: booking.PaymentSnapshot{
			PaymentIntentID: "pi_1", StripeStatus: "succeeded", Amount: 45900, AmountReceived: 45900,
			Currency: "USD",
		},
	})
	require.NoError(t, err)
	require.True(t, recorded.Foreign)
	require.Equal(t, booking.StatusPendingPayment, recorded.BookingStatus)
	require.Zero(t, b.Count(t, "SELECT COUNT(*) FROM payments"))
	require.Zero(t, b.Count(t, "SELECT COUNT(*) FROM bookings WHERE attention IS NOT NULL"))
	require.Equal(t, "not_ours", b.Text(t, "SELECT state FROM stripe_events WHERE processed"))
}

func TestUnknownBooking(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	snapshot := b.held()
	snapshot.PaymentIntentID, snapshot.Reference = "pi_unknown", booking.NewReference()
	_, err := b.record(snapshot, store.ReasonEvent)
	require.ErrorIs(t, err, store.ErrNotFound)
	require.ErrorIs(t, b.Store.RecordPaymentIntent(t.Context(), snapshot.Reference, snapshot, false), store.ErrNotFound)
	_, err = b.Store.RecordPaymentRefused(t.Context(), snapshot.Reference, "x")
	require.ErrorIs(t, err, store.ErrNotFound)
	_, err = b.Store.Ledger(t.Context(), snapshot.Reference)
	require.ErrorIs(t, err, store.ErrNotFound)
}

// Stripe's codes are theirs to choose: a long or a strange one must not stop a recording.
func TestStrangeCodes(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	snapshot := b.held()
	snapshot.DeclineCode = "kéin_geld_" + strings.Repeat("x", 300)
	_, err := b.record(snapshot, store.ReasonEvent)
	require.NoError(t, err)
	found, err := b.Store.Booking(t.Context(), snapshot.Reference)
	require.NoError(t, err)
	require.Len(t, found.Payment.DeclineCode, 64)
	require.True(t, strings.HasPrefix(found.Payment.DeclineCode, "k?in_geld_x"))

	reservation, err := b.reserve("other", 1)
	require.NoError(t, err)
	_, err = b.Store.RecordPaymentRefused(t.Context(), reservation.Booking.Reference, strings.Repeat("ü", 300))
	require.NoError(t, err)
}

// A caller sees its own bookings and no other's.
func TestBookingOfAnotherCaller(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	snapshot := b.held()
	_, err := b.Store.BookingOf(t.Context(), b.caller.Owner, snapshot.Reference)
	require.NoError(t, err)
	_, err = b.Store.BookingOf(t.Context(), store.Owner{ClientID: b.caller.ClientID + 1}, snapshot.Reference)
	require.ErrorIs(t, err, store.ErrNotFound)
	_, err = b.Store.Booking(t.Context(), booking.Reference(strings.ToLower(string(snapshot.Reference))))
	require.ErrorIs(t, err, store.ErrNotFound)
	_, err = b.Store.Booking(t.Context(), "' OR 1=1 -- ")
	require.ErrorIs(t, err, store.ErrNotFound)
}
