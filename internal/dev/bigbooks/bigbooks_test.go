package bigbooks_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/bigbooks"
	"farebook/internal/dev/testdb"
	"farebook/ledger/seal"
)

func TestPromisesHoldOnFilledBooks(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	require.NoError(t, bigbooks.Fill(t.Context(), db.AdminDSN, db.AppDSN, bigbooks.Options{Bookings: 12_000}))

	for _, promise := range db.Promises(t) {
		require.True(t, promise.Held, "promise %d, %s: %s", promise.Number, promise.Text, promise.Detail)
	}
	chain, err := db.Store.VerifyChain(t.Context(), func(seal.Seal) {})
	require.NoError(t, err)
	require.True(t, chain.Holds(), "%v", chain.Broken)
	require.Zero(t, chain.Unsealed)
	require.Equal(t, 12_000, db.Count(t, "SELECT COUNT(*) FROM bookings"))
	require.Zero(t, db.Count(t, "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name LIKE 'fill%'"))
	for _, table := range bigbooks.FilledTables {
		require.NotZero(t, db.Count(t, "SELECT COUNT(*) FROM "+table), table)
	}
	require.Equal(t, "client 3", db.Caller(t, bigbooks.Token(3)).ClientName)
	for _, n := range []int{1, 5_000, 11_500} {
		known, err := db.Store.Booking(t.Context(), bigbooks.Reference(n))
		require.NoError(t, err)
		require.EqualValues(t, n, known.ID)
		require.Equal(t, bigbooks.Intent(n), known.Payment.PaymentIntentID)
		owner := db.Caller(t, bigbooks.Token(bigbooks.ClientOf(n, 12_000))).Owner
		_, err = db.Store.BookingOf(t.Context(), owner, bigbooks.Reference(n))
		require.NoError(t, err)
	}
}

func TestEqualOptionsWriteEqualRows(t *testing.T) {
	t.Parallel()
	one, other := testdb.New(t), testdb.New(t)
	options := bigbooks.Options{Bookings: bigbooks.LeastBookings, PerDay: 50, Now: time.Now()}
	require.NoError(t, bigbooks.Fill(t.Context(), one.AdminDSN, one.AppDSN, options))
	require.NoError(t, bigbooks.Fill(t.Context(), other.AdminDSN, other.AppDSN, options))
	for _, table := range append([]string{"ledger_seals"}, bigbooks.FilledTables...) {
		require.Equal(t, one.Digest(t, table), other.Digest(t, table), table)
	}
}

func TestBooksWithBookingsAreNotFilled(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	require.NoError(t, bigbooks.Fill(t.Context(), db.AdminDSN, db.AppDSN, bigbooks.Options{Bookings: bigbooks.LeastBookings}))
	err := bigbooks.Fill(t.Context(), db.AdminDSN, db.AppDSN, bigbooks.Options{Bookings: bigbooks.LeastBookings})
	require.ErrorContains(t, err, "the database has bookings already")
	err = bigbooks.Fill(t.Context(), db.AdminDSN, db.AppDSN, bigbooks.Options{Bookings: 10})
	require.ErrorContains(t, err, "ask for 2000 at least")
}
