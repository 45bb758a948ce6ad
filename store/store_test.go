package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"

	"farebook/store"
)

func TestApplicationUserCannotChangeTheLedger(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	_, err := b.record(paid(b.held(), true), store.ReasonEvent)
	require.NoError(t, err)
	app := b.asApplication()
	for _, table := range []string{"financial_ledger", "ledger_entries"} {
		for _, statement := range []string{
			"UPDATE " + table + " SET id = id + 1000",
			"DELETE FROM " + table,
			"TRUNCATE TABLE " + table,
			"REPLACE INTO " + table + " SELECT * FROM " + table,
			"DROP TABLE " + table,
		} {
			_, err := app.ExecContext(t.Context(), statement)
			var refused *mysql.MySQLError
			require.ErrorAs(t, err, &refused, statement)
			require.Contains(t, []uint16{1142, 1044}, refused.Number, "%s: %v", statement, err)
		}
	}
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM financial_ledger"))
	require.Equal(t, 4, b.Count(t, "SELECT COUNT(*) FROM ledger_entries"))
}

// A recording step and another transaction take two locks in opposite order: InnoDB rolls back the step, which has changed less, and it is
// run again from its start.
func TestDeadlockIsRepeatedWhole(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	snapshot := paid(b.held(), true)
	other, err := b.SQL.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	for i := range 40 {
		_, err = other.ExecContext(t.Context(), "INSERT INTO reconciliation_seen VALUES (1, ?)", i)
		require.NoError(t, err)
	}
	_, err = other.ExecContext(t.Context(), "SELECT * FROM payments FOR UPDATE")
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() {
		_, err := b.record(snapshot, store.ReasonEvent)
		done <- err
	}()
	b.AwaitLockWaits(t, 1) // the recording step waits for the payment's lock
	_, err = other.ExecContext(t.Context(), "SELECT * FROM bookings FOR UPDATE")
	require.NoError(t, err, "the recording step has lost the booking to the deadlock")
	require.NoError(t, other.Rollback())
	require.NoError(t, <-done)
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM financial_ledger"))
	require.Equal(t, 4, b.Count(t, "SELECT COUNT(*) FROM ledger_entries"))
	b.requirePromises()
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_, err := store.Open(ctx, "not a dsn", nil, nil)
	require.ErrorContains(t, err, "DATABASE_DSN is not a DSN")
}
