package db_test

import (
	"bytes"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testdb"
	"farebook/store/internal/db"
)

// A slow statement of a booking is a line in the log; a proof reads ranges that take as long.
func TestSlowIsAMatterOfThePool(t *testing.T) {
	t.Parallel()
	on := testdb.New(t)
	for _, pool := range []db.Pool{db.Books(), db.Proofs()} {
		var log bytes.Buffer
		books, err := db.Open(t.Context(), on.AppDSN, pool, on.Clock, slog.New(slog.NewJSONHandler(&log, nil)))
		require.NoError(t, err)
		require.NoError(t, books.WithContext(t.Context()).Exec("DO SLEEP(0.6)").Error)
		require.Equal(t, pool.Name == "books", bytes.Contains(log.Bytes(), []byte("database statement was slow")), pool.Name)
		require.NoError(t, books.Close())
	}
}
