package proof_test

import (
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/bigbooks"
	"farebook/internal/dev/testdb"
	"farebook/store"
	"farebook/store/internal/db"
	"farebook/store/proof"
)

// A proof from the last one reads what has changed since, and the balances the seals since: six times as many bookings, taken at the same
// rate, are no more to read.
func TestAProofFromTheLastOneDoesNotGrowWithTheBooks(t *testing.T) {
	t.Parallel()
	small, large := filled(t, bigbooks.LeastBookings), filled(t, 6*bigbooks.LeastBookings)
	for _, books := range []*testdb.DB{small, large} {
		require.Empty(t, whole(t, books))
	}
	for name, read := range map[string]func(*testing.T, *store.Store){
		"changes": func(t *testing.T, books *store.Store) {
			result, err := proof.New(books).Changes(t.Context())
			require.NoError(t, err)
			require.True(t, result.Held(), "%+v", result.Promises)
		},
		"balances": func(t *testing.T, books *store.Store) {
			_, err := books.Balances(t.Context())
			require.NoError(t, err)
		},
	} {
		few, many := rowsRead(t, small, read), rowsRead(t, large, read)
		require.NotZero(t, few, name)
		require.LessOrEqual(t, many, few+few/10, "%s: rows read at %d bookings and at six times as many", name, bigbooks.LeastBookings)
	}
}

// rowsRead counts the rows that the server reads for work on the one connection that it has.
func rowsRead(t *testing.T, of *testdb.DB, work func(*testing.T, *store.Store)) int {
	t.Helper()
	books, err := store.Open(t.Context(), of.AppDSN, of.Clock, slog.New(slog.DiscardHandler),
		func(pool *db.Pool) { pool.Size, pool.Idle = 1, 1 })
	require.NoError(t, err)
	defer func() { require.NoError(t, books.Close()) }()
	read := func() (sum int) {
		var counters []struct {
			Name  string `gorm:"column:Variable_name"`
			Value int    `gorm:"column:Value"`
		}
		require.NoError(t, books.DB().Raw("SHOW SESSION STATUS LIKE 'Handler_read%'").Scan(&counters).Error)
		require.NotEmpty(t, counters)
		for _, counter := range counters {
			sum += counter.Value
		}
		return sum
	}
	before := read()
	work(t, books)
	return read() - before
}
