package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/store"
)

// freshEmail queues the confirmation of a booking and marks its row, so that a read differs from what the process has in memory.
func freshEmail(t *testing.T, b books) (id uint64) {
	t.Helper()
	b.paidBooking()
	id = uint64(b.Count(t, "SELECT MAX(id) FROM emails")) //nolint:gosec // an id
	b.Exec(t, "UPDATE emails SET decline_code = 'read' WHERE id = ?", id)
	return id
}

// An email is handed on in memory to whoever sends it first, as the books have it; any further attempt reads it.
func TestEmailIsHandedOnOnce(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	id := freshEmail(t, b)
	read, err := b.Store.Email(t.Context(), id)
	require.NoError(t, err)
	handed, err := b.Store.EmailToSend(t.Context(), id)
	require.NoError(t, err)
	require.Empty(t, handed.DeclineCode)
	handed.DeclineCode = read.DeclineCode
	require.Equal(t, read, handed)
	again, err := b.Store.EmailToSend(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, read, again)
}

// An email that is not sent within seconds is read: its booking may have changed.
func TestEmailIsNotHandedOnLate(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	id := freshEmail(t, b)
	b.Clock.Advance(time.Minute)
	late, err := b.Store.EmailToSend(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, "read", late.DeclineCode)
}

// The customer of an imported booking knows it by the name that only a read finds.
func TestEmailOfABookingWithoutARequestIsRead(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	snapshot := paid(b.held(), true)
	b.Exec(t, "UPDATE bookings SET request_key = NULL")
	recorded, err := b.record(snapshot, store.ReasonEvent)
	require.NoError(t, err)
	b.Exec(t, "UPDATE emails SET decline_code = 'read'")
	read, err := b.Store.EmailToSend(t.Context(), recorded.EmailIDs[0])
	require.NoError(t, err)
	require.Equal(t, "read", read.DeclineCode)
}
