package db_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testdb"
	"farebook/store/internal/db"
)

// A statement outside of a transaction that the server rolls back for a deadlock is repeated, and takes effect once.
func TestStatementThatMetADeadlockIsRepeated(t *testing.T) {
	t.Parallel()
	on := testdb.New(t)
	for range 40 {
		on.Exec(t, `INSERT INTO emails (kind, dedupe_key, message_id, status, created_at)
			VALUES ('payout_failed', UUID(), UUID(), 'queued', NOW())`)
	}
	first := on.Count(t, "SELECT MIN(id) FROM emails")
	books := open(t, on, db.Books())
	other, err := on.SQL.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	// The server rolls back the one of two that has changed less.
	_, err = other.ExecContext(t.Context(), "UPDATE emails SET last_error = 'heavier' WHERE id > ?", first)
	require.NoError(t, err)

	ended := make(chan error, 1)
	go func() {
		ended <- books.WithContext(t.Context()).Exec("UPDATE emails SET attempts = attempts + 1 WHERE id BETWEEN ? AND ? ORDER BY id",
			first, first+1).Error
	}()
	on.AwaitLockWaits(t, 1) // it has the first row, and waits for the second
	_, err = other.ExecContext(t.Context(), "UPDATE emails SET last_error = 'heavier' WHERE id = ?", first)
	require.NoError(t, err, "the statement has lost its first row to the deadlock")
	require.NoError(t, other.Commit())
	require.NoError(t, <-ended)
	require.Equal(t, 2, on.Count(t, "SELECT SUM(attempts) FROM emails"))
}
