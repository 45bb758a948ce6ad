package store_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/store"
)

// Asking what a key stands for writes nothing, and tells the same body from another.
func TestKnownReservationWritesNothing(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	in := store.NewBooking{Caller: b.caller, IdempotencyKey: "key", RequestHash: [32]byte{1}}
	_, err := b.Store.KnownReservation(t.Context(), in)
	require.ErrorIs(t, err, store.ErrNotFound)
	require.Zero(t, b.Count(t, "SELECT COUNT(*) FROM idempotency_keys"))
	require.Zero(t, b.Count(t, "SELECT COUNT(*) FROM bookings"))

	first, err := b.reserve("key", 1)
	require.NoError(t, err)
	known, err := b.Store.KnownReservation(t.Context(), in)
	require.NoError(t, err)
	require.True(t, known.Replayed)
	require.Equal(t, first.Booking, known.Booking)
	in.RequestHash = [32]byte{2}
	_, err = b.Store.KnownReservation(t.Context(), in)
	var conflict *store.IdempotencyConflictError
	require.ErrorAs(t, err, &conflict)
}

// A reference derives from the client and its key: the same again for a request whose booking was forgotten, another one for another
// client, and the next one where the first is another booking's.
func TestReferenceDerivesFromTheRequest(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	forget := func() {
		b.Exec(t, "DELETE FROM idempotency_keys")
		b.Exec(t, "DELETE FROM bookings")
	}
	first, err := b.reserve("key", 1)
	require.NoError(t, err)
	forget()
	_, err = b.reserve("another key", 1) // has the number that the first one had, or the next
	require.NoError(t, err)
	again, err := b.reserve("key", 1)
	require.NoError(t, err)
	require.Equal(t, first.Booking.Reference, again.Booking.Reference)
	require.Equal(t, first.Booking.RequestKey, again.Booking.RequestKey)

	b.Exec(t, "DELETE FROM idempotency_keys")
	b.Exec(t, "UPDATE bookings SET request_key = NULL") // as other bookings that happen to have the reference
	twin, err := b.reserve("key", 1)
	require.NoError(t, err)
	require.NotEqual(t, first.Booking.Reference, twin.Booking.Reference)
	require.Equal(t, first.Booking.RequestKey, twin.Booking.RequestKey)

	other := books{DB: b.DB, t: t, caller: b.Caller(t, b.NewKey(t, "other"))}
	theirs, err := other.reserve("key", 1)
	require.NoError(t, err)
	require.NotEqual(t, first.Booking.RequestKey, theirs.Booking.RequestKey)
}

func TestReserveHundredAtOnce(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	var group sync.WaitGroup
	references := make([]booking.Reference, 100)
	for i := range references {
		group.Go(func() {
			reservation, err := b.reserve("same", 1)
			if err == nil {
				references[i] = reservation.Booking.Reference
			}
		})
	}
	group.Wait()
	for _, reference := range references {
		require.NotEmpty(t, reference)
		require.Equal(t, references[0], reference)
	}
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM bookings"))
}

func TestReserveOtherBodyChangesNothing(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	_, err := b.reserve("key", 1)
	require.NoError(t, err)
	_, err = b.reserve("key", 2)
	var conflict *store.IdempotencyConflictError
	require.ErrorAs(t, err, &conflict)
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM bookings"))
}

func TestKeysThatLookAlikeAreOthers(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	seen := map[booking.Reference]bool{}
	for _, key := range []string{"Key-A", "key-a", "kéy-a", "key-a ", " key-a", "key-a\x00"} {
		reservation, err := b.reserve(key, 1)
		require.NoError(t, err)
		require.False(t, seen[reservation.Booking.Reference], "%q is another's", key)
		seen[reservation.Booking.Reference] = true
	}
	other := b
	other.caller = b.Caller(t, b.NewKey(t, "other"))
	reservation, err := other.reserve("key-a", 9)
	require.NoError(t, err)
	require.False(t, seen[reservation.Booking.Reference])
}

func TestFirstAnswerIsKept(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	_, err := b.reserve("key", 1)
	require.NoError(t, err)
	for _, body := range []string{`{"n":1}`, `{"n":2}`} {
		status, kept, err := b.Store.StoreAnswer(t.Context(), store.IdempotencyKey{Caller: b.caller, Key: "key"}, 201, []byte(body))
		require.NoError(t, err)
		require.Equal(t, 201, status)
		require.JSONEq(t, `{"n":1}`, string(kept))
	}
}

// A key that a client has used before it was merged into another is the other's as well, although no UNIQUE key says so: its booking is
// found, and no second one is made.
func TestKeyOfAMergedClientIsKnown(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	first, err := b.reserve("key", 1)
	require.NoError(t, err)
	heir := b
	heir.caller = b.Caller(t, b.NewKey(t, "heir"))
	heir.caller.Merged = []uint64{b.caller.ClientID}
	again, err := heir.reserve("key", 1)
	require.NoError(t, err)
	require.True(t, again.Replayed)
	require.Equal(t, first.Booking.Reference, again.Booking.Reference)
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM bookings"))
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM idempotency_keys"))
}

// A key that was used for something else makes no booking.
func TestKeyOfAnotherOperationMakesNoBooking(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	key := store.IdempotencyKey{Caller: b.caller, Key: "key", Operation: store.OperationCreateRefund, Hash: [32]byte{1}}
	_, err := b.Store.ClaimOperation(t.Context(), key, "RF-7K2M9QXA", store.AuditEntry{}, b.Clock.Now())
	require.NoError(t, err)
	_, err = b.reserve("key", 1)
	var conflict *store.IdempotencyConflictError
	require.ErrorAs(t, err, &conflict)
	require.Zero(t, b.Count(t, "SELECT COUNT(*) FROM bookings"))
}

// The first answer is stored together with the payment row, once: a request that has an answer keeps it, and a repetition of the step
// stores none.
func TestAnswerIsStoredWithThePaymentRow(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	answered, err := b.reserve("answered", 1)
	require.NoError(t, err)
	key := store.IdempotencyKey{Caller: b.caller, Key: "answered"}
	_, _, err = b.Store.StoreAnswer(t.Context(), key, 201, []byte(`{"n":1}`))
	require.NoError(t, err)
	fresh, err := b.reserve("fresh", 1)
	require.NoError(t, err)
	for i, c := range []struct {
		reference booking.Reference
		want      []bool
		body      string
	}{{answered.Booking.Reference, []bool{false, false}, `{"n":1}`}, {fresh.Booking.Reference, []bool{true, false}, `{"n":2}`}} {
		snapshot := booking.PaymentSnapshot{
			PaymentIntentID: []string{"pi_1", "pi_2"}[i], StripeStatus: "requires_payment_method", Reference: c.reference,
			Amount: 45900, Currency: "USD",
		}
		for _, want := range c.want {
			kept, err := b.Store.RecordPaymentIntentAnswered(t.Context(), c.reference, snapshot, 201, []byte(`{"n":2}`))
			require.NoError(t, err)
			require.Equal(t, want, kept)
		}
		require.Equal(t, c.body, b.Text(t, "SELECT answer_body FROM idempotency_keys WHERE resource = ?", c.reference))
	}
	require.Equal(t, 2, b.Count(t, "SELECT COUNT(*) FROM payments"))
	other := booking.PaymentSnapshot{
		PaymentIntentID: "pi_3", StripeStatus: "requires_payment_method", Reference: fresh.Booking.Reference, Amount: 1, Currency: "USD",
	}
	_, err = b.Store.RecordPaymentIntentAnswered(t.Context(), fresh.Booking.Reference, other, 201, []byte(`{}`))
	var contradiction *store.ContradictionError
	require.ErrorAs(t, err, &contradiction)
}
