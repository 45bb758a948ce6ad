package migrations_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"farebook/internal/dev/testdb"
	"farebook/migrations"
)

const stillUndated = "SELECT COUNT(*) FROM financial_ledger WHERE effective_at IS NULL"

// undatedLedger returns a database with 2,500 transactions of an older release, whose ids are a million apart.
func undatedLedger(t *testing.T) *testdb.DB {
	t.Helper()
	db := testdb.New(t)
	db.Exec(t, `INSERT INTO financial_ledger (id, type, operation_key, description, posted_at)
		WITH RECURSIVE n AS (SELECT 0 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 49)
		SELECT (1 + a.i * 50 + b.i) * 1000000, 'payout', CONCAT('payout/', a.i, '/', b.i), 'Old', '2026-03-01 12:00' FROM n a JOIN n b`)
	require.Equal(t, 2500, db.Count(t, stillUndated))
	return db
}

// fill runs the back-fills and calls each with what that of effective dates reports, until ctx ends.
func fill(ctx context.Context, db *testdb.DB, each func(migrations.Progress)) error {
	return migrations.Runner{AdminDSN: db.AdminDSN, AppDSN: db.AppDSN, Report: func(p migrations.Progress) {
		if each != nil && p.Task == "effective dates of the ledger" {
			each(p)
		}
	}}.Fill(ctx)
}

func TestABackfillReportsHowFarItIs(t *testing.T) {
	t.Parallel()
	db := undatedLedger(t)
	var details []string
	var shares []int
	require.NoError(t, fill(t.Context(), db, func(p migrations.Progress) {
		details, shares = append(details, p.Detail), append(shares, int(100*p.Share+0.5))
	}))
	require.Equal(t, []string{"0 rows completed", "1,000 rows completed", "2,000 rows completed", "2,500 rows completed"}, details)
	require.Equal(t, []int{0, 40, 80, 100}, shares)
	require.Zero(t, db.Count(t, stillUndated))
}

// A back-fill that was stopped continues with the first range that is not done. The next run covers what an older release wrote meanwhile.
func TestAStoppedBackfillContinues(t *testing.T) {
	t.Parallel()
	db := undatedLedger(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	err := fill(ctx, db, func(p migrations.Progress) {
		if p.Share > 0 {
			stop()
		}
	})
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, 1500, db.Count(t, stillUndated))

	db.Exec(t, "UPDATE financial_ledger SET effective_at = NULL WHERE id = 1000000")
	db.Exec(t, "INSERT INTO financial_ledger (id, type, operation_key, description, posted_at) "+
		"VALUES (9000000000, 'payout', 'late', 'Old', NOW())")
	var completed int64
	again := func() error { return fill(t.Context(), db, func(p migrations.Progress) { completed += p.Rows }) }
	require.NoError(t, again())
	require.EqualValues(t, 1501, completed, "those that were left, and the one that is new")
	require.Equal(t, 1, db.Count(t, stillUndated), "the range with this one was done")
	require.NoError(t, again())
	require.EqualValues(t, 1502, completed)
	require.Zero(t, db.Count(t, stillUndated))
	require.Equal(t, 1, db.Count(t,
		"SELECT COUNT(*) FROM backfills WHERE name = 'ledger-effective-at' AND finished_at IS NOT NULL AND filled_rows = 1"))
}

func TestTwoBackfillsAtOnceShareTheRanges(t *testing.T) {
	t.Parallel()
	db := undatedLedger(t)
	var both errgroup.Group
	for range 2 {
		both.Go(func() error { return fill(t.Context(), db, nil) })
	}
	require.NoError(t, both.Wait())
	require.Zero(t, db.Count(t, stillUndated))
	require.Equal(t, 2500, db.Count(t, "SELECT filled_rows FROM backfills WHERE name = 'ledger-effective-at'"))
}

// A back-fill waits for a row that a booking's transaction holds, and gives up its own rows while it waits.
func TestABackfillWaitsForARow(t *testing.T) {
	t.Parallel()
	db := undatedLedger(t)
	holder, err := db.SQL.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	t.Cleanup(func() { _ = holder.Rollback() }) // before the schema is dropped, which would wait for it
	_, err = holder.ExecContext(t.Context(), "UPDATE financial_ledger SET description = 'held' WHERE id = 900000000")
	require.NoError(t, err)
	filled := make(chan error, 1)
	go func() { filled <- fill(t.Context(), db, nil) }()
	db.AwaitLockWaits(t, 1)
	require.Equal(t, 2500, db.Count(t, stillUndated))
	require.NoError(t, holder.Rollback())
	require.NoError(t, <-filled)
	require.Zero(t, db.Count(t, stillUndated))
}
