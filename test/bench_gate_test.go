package test

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testdb"
	"farebook/store"
)

const (
	// gateConnections is the pool of one process.
	gateConnections = 32
	// gateWarm is how many postings come before what counts.
	gateWarm = 200
)

// BenchmarkGate compares b.N postings, on 32 connections with every commit flushed, that share the lock of ledger_opening's row with as
// many that take no lock, in turns; and measures how long sealing holds that lock alone. Run by `make bench-capacity`.
func BenchmarkGate(b *testing.B) {
	if b.N == 1 {
		return // the testing package's first try
	}
	startDatabase(b)
	db := testdb.New(b)
	db.SQL.SetMaxOpenConns(gateConnections)
	db.SQL.SetMaxIdleConns(gateConnections)
	var open, shared timings
	postMany(b, db, gateWarm, "", &timings{})
	b.ResetTimer()
	inRounds(b.N, func(n int) {
		postMany(b, db, n, "", &open)
		postMany(b, db, n, "SELECT opened_at FROM ledger_opening WHERE id = 1 LOCK IN SHARE MODE", &shared)
	})
	b.StopTimer()
	b.ReportMetric(shared.rate()/open.rate(), "x-of-no-lock")
	fmt.Printf("\npostings on %d connections: %.0f/s without a lock, %.0f/s that share the gate's, %.2f of it\n", gateConnections, open.rate(),
		shared.rate(), shared.rate()/open.rate())
	printGateHeld(b, db)
}

// postMany writes n ledger transactions of four entries each, each in a transaction that begins with a statement that locks.
func postMany(b *testing.B, db *testdb.DB, n int, lock string, into *timings) {
	b.Helper()
	into.run(gateConnections, n, func(int) time.Duration {
		took, err := postOne(b.Context(), db.SQL, lock)
		if err != nil {
			b.Error(err)
		}
		return took
	})
}

func postOne(ctx context.Context, db *sql.DB, lock string) (took time.Duration, err error) {
	began := time.Now()
	tx, err := db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		return 0, err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after Commit
	if lock != "" {
		var opened sql.NullTime
		if err := tx.QueryRowContext(ctx, lock).Scan(&opened); err != nil {
			return 0, err
		}
	}
	posted, err := tx.ExecContext(ctx, `INSERT INTO financial_ledger (type, description, posted_at, effective_at, effective_basis)
		VALUES ('payment', 'Payment', NOW(6), NOW(6), 'balance_transaction')`)
	if err != nil {
		return 0, err
	}
	id, err := posted.LastInsertId()
	if err != nil {
		return 0, err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO ledger_entries (ledger_id, account, side, amount, currency) VALUES
		(?, 'asset:stripe_clearing', 'debit', 45900, 'USD'), (?, 'liability:unearned_revenue', 'credit', 45900, 'USD'),
		(?, 'expense:stripe_fees', 'debit', 1361, 'USD'), (?, 'asset:stripe_clearing', 'credit', 1361, 'USD')`, id, id, id, id)
	if err != nil {
		return 0, err
	}
	err = tx.Commit()
	return time.Since(began), err
}

// printGateHeld seals everything that was posted, and measures how long a posting waits while the lock is held for a full range.
func printGateHeld(b *testing.B, db *testdb.DB) {
	b.Helper()
	for posted := db.Count(b, "SELECT COUNT(*) FROM financial_ledger"); posted < 2*store.MaxSealed; posted *= 2 {
		db.Exec(b, `INSERT INTO financial_ledger (type, description, posted_at, effective_at, effective_basis)
			SELECT type, description, posted_at, effective_at, effective_basis FROM financial_ledger`)
	}
	held := make([]time.Duration, 10)
	for i := range held {
		began := time.Now()
		require.Equal(b, store.MaxSealed, holdGate(b, db))
		held[i] = time.Since(began)
	}
	slices.Sort(held)
	fmt.Printf("sealing holds the lock alone for %d ms (median of %d) for a range of %d transactions\n\n", held[len(held)/2].Milliseconds(),
		len(held), store.MaxSealed)
}

// holdGate does what a seal does while it holds the lock alone, and returns how many transactions it has read.
func holdGate(b *testing.B, db *testdb.DB) (transactions int) {
	b.Helper()
	tx, err := db.SQL.BeginTx(b.Context(), nil)
	require.NoError(b, err)
	defer func() { _ = tx.Rollback() }() // nothing was written
	_, err = tx.ExecContext(b.Context(), "SELECT opened_at FROM ledger_opening WHERE id = 1 FOR UPDATE")
	require.NoError(b, err)
	rows, err := tx.QueryContext(b.Context(), "SELECT id FROM financial_ledger WHERE id > 0 ORDER BY id LIMIT ? LOCK IN SHARE MODE",
		store.MaxSealed)
	require.NoError(b, err)
	defer func() { _ = rows.Close() }() // read to the end; Err tells
	for rows.Next() {
		transactions++
	}
	require.NoError(b, rows.Err())
	return transactions
}
