package migrations_test

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testdb"
	"farebook/migrations"
)

const (
	patience = 2 * time.Minute
	pace     = 20 * time.Millisecond
)

// reports keeps what a runner reports.
type reports struct {
	mu    sync.Mutex
	waits []migrations.Progress
}

func (r *reports) add(p migrations.Progress) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if p.Waits {
		r.waits = append(r.waits, p)
	}
}

func (r *reports) waited(times int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.waits) >= times
}

// held is a database before effective dates, with a transaction that has read the ledger and stays open.
func held(t *testing.T) (db *testdb.DB, holder *sql.Tx, connection int) {
	t.Helper()
	db = testdb.Empty(t)
	require.NoError(t, migrations.UpTo(t.Context(), db.AdminDSN, db.AppDSN, 29))
	holder, err := db.SQL.BeginTx(t.Context(), &sql.TxOptions{})
	require.NoError(t, err)
	t.Cleanup(func() { _ = holder.Rollback() }) // before the schema is dropped, which would wait for it
	var rows int
	require.NoError(t, holder.QueryRowContext(t.Context(), "SELECT COUNT(*), CONNECTION_ID() FROM financial_ledger").Scan(&rows, &connection))
	return db, holder, connection
}

// A transaction that stays open keeps a table from being changed. The migration names it, asks for the table again and again, lets
// others through in between, and completes when the transaction has ended.
func TestAMigrationThatWaitsForATableKeepsNobodyWaitingForLong(t *testing.T) {
	t.Parallel()
	db, holder, connection := held(t)
	var seen reports
	migrated := make(chan error, 1)
	go func() {
		migrated <- migrations.Runner{AdminDSN: db.AdminDSN, AppDSN: db.AppDSN, Report: seen.add}.Up(t.Context())
	}()

	// Postings continue: a statement behind the waiting migration gets its turn before the limit of 5 s, without which it would wait for
	// the transaction to end.
	poster, err := db.SQL.Conn(t.Context())
	require.NoError(t, err)
	defer func() { require.NoError(t, poster.Close()) }()
	_, err = poster.ExecContext(t.Context(), "SET SESSION lock_wait_timeout = 5")
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		_, err := poster.ExecContext(t.Context(), "INSERT INTO financial_ledger (type, description, posted_at) VALUES ('payout', 'P', NOW())")
		require.NoError(t, err)
		require.Empty(t, migrated, "it waits for the transaction")
		return seen.waited(3)
	}, patience, pace)

	require.Contains(t, seen.waits[0].Task, "migration 0030_ledger_effective_at, statement 1 of 2: ALTER TABLE financial_ledger")
	require.Contains(t, seen.waits[0].Detail, fmt.Sprintf("connection %d of root@", connection))
	require.NoError(t, holder.Rollback())
	require.NoError(t, <-migrated)
	require.Equal(t, 0, db.Count(t, "SELECT COUNT(*) FROM migration_steps"))
}

// A database that has this version's schema is migrated again, as at each deployment, while a transaction is open on its tables.
func TestNothingToMigrateWaitsForNobody(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	holder, err := db.SQL.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	t.Cleanup(func() { _ = holder.Rollback() }) // before the schema is dropped, which would wait for it
	_, err = holder.ExecContext(t.Context(), "INSERT INTO payouts (stripe_payout_id, status, amount, currency, automatic, created_at, "+
		"updated_at) SELECT 'po_1', 'paid', COUNT(*), 'USD', TRUE, NOW(), NOW() FROM bookings")
	require.NoError(t, err)
	var seen reports
	runner := migrations.Runner{AdminDSN: db.AdminDSN, AppDSN: db.AppDSN, Report: seen.add}
	require.NoError(t, runner.Up(t.Context()))
	require.NoError(t, runner.Fill(t.Context()))
	require.False(t, seen.waited(1))
}

// Ctrl-C ends the statement in the server, too, and the next run continues.
func TestAMigrationThatIsStoppedLeavesNothingWaiting(t *testing.T) {
	t.Parallel()
	db, holder, _ := held(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	migrated := make(chan error, 1)
	go func() { migrated <- migrations.Up(ctx, db.AdminDSN, db.AppDSN) }()
	const waiting = "SELECT COUNT(*) FROM information_schema.processlist WHERE db = DATABASE() AND info LIKE 'ALTER TABLE financial_ledger%'"
	require.Eventually(t, func() bool { return db.Count(t, waiting) == 1 }, patience, pace)
	stop()
	require.ErrorIs(t, <-migrated, context.Canceled)
	require.Eventually(t, func() bool { return db.Count(t, waiting) == 0 }, patience, pace)
	require.NoError(t, holder.Rollback())
	require.NoError(t, migrations.Up(t.Context(), db.AdminDSN, db.AppDSN))
}

// A run that was killed has applied a statement and not noted it.
func TestAStatementThatAnInterruptedRunAppliedIsNotRefused(t *testing.T) {
	t.Parallel()
	db := testdb.Empty(t)
	require.NoError(t, migrations.UpTo(t.Context(), db.AdminDSN, db.AppDSN, 30))
	db.Exec(t, "DELETE FROM goose_db_version WHERE version_id = 30")
	require.ErrorContains(t, migrations.Up(t.Context(), db.AdminDSN, db.AppDSN), "Duplicate column name 'effective_at'",
		"nothing says that it was ours")

	db.Exec(t, "DELETE FROM migration_steps")
	db.Exec(t, "DROP INDEX idx_ledger_effective ON financial_ledger")
	db.Exec(t, "INSERT INTO migration_steps (version, done) VALUES (30, 0)")
	require.NoError(t, migrations.Up(t.Context(), db.AdminDSN, db.AppDSN))
	require.Equal(t, 1, db.Count(t,
		"SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE() AND index_name = 'idx_ledger_effective'"))
}
