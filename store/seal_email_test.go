package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Two workers that email the newest seal at once queue one email, and one of them reports it.
func TestOneOfTwoWorkersEmailsTheSealOfADay(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	b.AtNoon()
	sign := func(statement string) string { return statement }
	queued, err := b.Store.EmailSeal(t.Context(), sign)
	require.NoError(t, err)
	require.False(t, queued, "before the first seal")
	b.posted()
	made, _ := b.seal()

	queued, err = b.Store.EmailSeal(t.Context(), func(statement string) string {
		other, err := b.Store.EmailSeal(t.Context(), sign)
		require.NoError(t, err)
		require.True(t, other, "the other worker is faster")
		return statement
	})
	require.NoError(t, err)
	require.False(t, queued)
	const emails = "SELECT COUNT(*) FROM emails WHERE kind = 'ledger_sealed'"
	require.Equal(t, 1, b.Count(t, emails))

	number, err := b.Store.EmailedSeal(t.Context(), made.Number, made.SealedAt)
	require.NoError(t, err)
	require.Zero(t, number, "the email is not sent yet")
	b.Exec(t, "UPDATE emails SET status = 'sent'")
	number, err = b.Store.EmailedSeal(t.Context(), made.Number, made.SealedAt)
	require.NoError(t, err)
	require.Equal(t, made.Number, number)

	b.Clock.Advance(24 * time.Hour)
	queued, err = b.Store.EmailSeal(t.Context(), sign)
	require.NoError(t, err)
	require.True(t, queued, "the next day")
	require.Equal(t, 2, b.Count(t, emails))
}

// A transaction is shown with its seal from the moment it has one, and those after the last seal without one.
func TestTransactionsAfterTheLastSealAreShownWithoutOne(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	known, err := b.Store.Booking(t.Context(), b.paidBooking())
	require.NoError(t, err)
	made, _ := b.seal()
	for range 2 {
		b.posted()
	}
	b.Exec(t, "UPDATE financial_ledger SET booking_id = ? WHERE id > ?", known.ID, made.ToID)
	transactions, links, err := b.Store.SealedTransactions(t.Context(), known.ID)
	require.NoError(t, err)
	require.Len(t, links, 1)
	require.Equal(t, made.Digest, links[0].Digest)
	require.True(t, links[0].End)
	require.Greater(t, len(transactions), 2)
	for _, one := range transactions {
		sealed := one.ID <= made.ToID
		require.Equal(t, sealed, one.Seal == made.Number, "transaction %d", one.ID)
		require.Equal(t, sealed, one.Path != nil, "transaction %d", one.ID)
		require.Equal(t, known.ID, one.BookingID)
	}
}
