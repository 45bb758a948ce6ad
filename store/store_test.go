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

// Two transactions lock two bookings in opposite order: InnoDB rolls one back, and it is run again from its start.
func TestDeadlockIsRepeatedWhole(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	snapshot := paid(b.held(), true)
	other, err := b.SQL.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	_, err = other.ExecContext(t.Context(), "SELECT * FROM payments FOR UPDATE")
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() {
		_, err := b.record(snapshot, store.ReasonEvent)
		done <- err
	}()
	b.AwaitLockWaits(t, 1) // the recording step waits for the payment's lock
	// Now this one wants the booking, which the recording step holds. Either of the two may be the victim.
	_, _ = other.ExecContext(t.Context(), "SELECT * FROM bookings FOR UPDATE")
	_ = other.Rollback() // whether it was the victim or not, it lets go here
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
