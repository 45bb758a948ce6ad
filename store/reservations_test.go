package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

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
	var conflict *store.IdempotencyConflict
	require.ErrorAs(t, err, &conflict)
}
