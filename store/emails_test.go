package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testdb"
	"farebook/notice"
	"farebook/store"
)

// email is the one email of a booking that was declined.
func (b books) email() uint64 {
	snapshot := b.held()
	snapshot.DeclineCode = "insufficient_funds"
	recorded, err := b.record(snapshot, store.ReasonEvent)
	require.NoError(b.t, err)
	require.Len(b.t, recorded.EmailIDs, 1)
	return recorded.EmailIDs[0]
}

func (b books) requireEmail(id uint64, status string, attempts int) {
	b.t.Helper()
	email, err := b.Store.Email(b.t.Context(), id)
	require.NoError(b.t, err)
	require.Equal(b.t, status, email.Status)
	require.Equal(b.t, attempts, email.Attempts)
}

func TestEmailHasWhatItNeeds(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	email, err := b.Store.Email(t.Context(), b.email())
	require.NoError(t, err)
	require.Equal(t, notice.PaymentFailed, email.Kind)
	require.Equal(t, "insufficient_funds", email.DeclineCode)
	require.Equal(t, request().Customer, email.Booking.Customer)
	require.True(t, request().Flight.DepartsAt.Equal(email.Booking.Flight.DepartsAt))
	_, offset := email.Booking.Flight.DepartsAt.Zone()
	require.Equal(t, 3600, offset, "the airport's own time")
	require.Regexp(t, `^<fb-[0-9a-z]{8}\.decline@`, email.MessageID)
}

func TestSentStaysSent(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	id := b.email()
	begin := time.Now().UTC()
	sending, ok, err := b.Store.ClaimEmail(t.Context(), id, begin, begin.Add(time.Minute))
	require.NoError(t, err)
	require.True(t, ok)
	_, ok, err = b.Store.ClaimEmail(t.Context(), id, begin, begin.Add(time.Minute))
	require.NoError(t, err)
	require.False(t, ok, "somebody is at it")
	taken, ok, err := b.Store.ClaimEmail(t.Context(), id, begin.Add(time.Minute), begin.Add(2*time.Minute))
	require.NoError(t, err)
	require.True(t, ok, "the first one is long gone")
	require.NoError(t, b.Store.NoteEmailAttempt(t.Context(), sending, "450 late reply"))
	b.requireEmail(id, store.EmailQueued, 0)
	require.NoError(t, b.Store.NoteEmailAttempt(t.Context(), taken, "450 try again"))
	b.requireEmail(id, store.EmailQueued, 1)
	first := time.Now().UTC().Truncate(time.Microsecond)
	require.NoError(t, b.Store.MarkEmailSent(t.Context(), id, "250 queued", first))
	require.NoError(t, b.Store.MarkEmailSent(t.Context(), id, "250 queued again", first.Add(time.Hour)))
	require.NoError(t, b.Store.MarkEmailFailed(t.Context(), id, "550 late reply"))
	b.requireEmail(id, store.EmailSent, 2)
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM emails WHERE sent_at = ? AND last_error = ''", first))
}

func TestFailedStaysFailed(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	id := b.email()
	require.NoError(t, b.Store.MarkEmailFailed(t.Context(), id, "550 no such mailbox"))
	require.NoError(t, b.Store.MarkEmailSent(t.Context(), id, "250", time.Now().UTC()))
	b.requireEmail(id, store.EmailFailed, 1)
	_, err := b.Store.Email(t.Context(), id+1)
	require.ErrorIs(t, err, store.ErrNotFound)
}

// The copies of an email are numbered among themselves, whatever other email's id begins with the same digits.
func TestCopiesOfAnEmailAreNumbered(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	now := time.Now().UTC()
	var rows [][]any
	for _, id := range []int{1, 11, 111} {
		rows = append(rows, []any{id, "payout_paid", fmt.Sprintf("po_%d/paid", id), fmt.Sprintf("<po_%d@x>", id), "sent", now})
	}
	b.plant("emails", "id, kind, dedupe_key, message_id, status, created_at", rows)
	for _, expected := range []struct {
		of  uint64
		key string
	}{
		{11, "resent/11/1"}, {11, "resent/11/2"}, {111, "resent/111/1"}, {1, "resent/1/1"}, {11, "resent/11/3"}, {1, "resent/1/2"},
	} {
		copied, err := b.Store.ResendEmail(t.Context(), expected.of, testdb.Tester, now)
		require.NoError(t, err)
		require.Equal(t, expected.key, b.Text(t, "SELECT dedupe_key FROM emails WHERE id = ?", copied))
		require.Equal(t, int(expected.of), b.Count(t, "SELECT resent_of FROM emails WHERE id = ?", copied))
	}
}

// An email is read with its booking, its payment and the reference of the system that the booking was imported from.
func TestEmailIsReadWithItsBooking(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	id := b.email()
	b.Exec(t, "INSERT INTO imported_bookings (booking_id, earlier_reference, imported_at) SELECT id, 'SD-1', UTC_TIMESTAMP(6) "+
		"FROM bookings")
	email, err := b.Store.Email(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, "SD-1", email.Earlier)
	known, err := b.Store.Booking(t.Context(), email.Booking.Reference)
	require.NoError(t, err)
	require.NotNil(t, email.Booking.Payment)
	require.Equal(t, "pi_1", email.Booking.Payment.PaymentIntentID)
	require.Equal(t, known.Payment, email.Booking.Payment)
	require.Equal(t, b.caller.ClientCode, known.ClientCode)
	require.NotEmpty(t, known.ClientCode)
	other, err := b.Store.QueueEmail(t.Context(), b.Clock.Now(),
		store.OperatorEmail{Kind: notice.PayoutFailed, Owner: "po_1", Occasion: "failed"})
	require.NoError(t, err)
	aboutNone, err := b.Store.Email(t.Context(), other[0])
	require.NoError(t, err)
	require.Empty(t, aboutNone.Booking)
}
