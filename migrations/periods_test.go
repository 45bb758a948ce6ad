package migrations_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testdb"
	"farebook/migrations"
)

const (
	asPeriods   = "SELECT GROUP_CONCAT(COALESCE(period, '-') ORDER BY id SEPARATOR ' ') FROM financial_ledger"
	wrongPeriod = "SELECT COUNT(*) FROM financial_ledger WHERE NOT period <=> '2026-12'"
)

// dated inserts a transaction of an older release that takes effect at a time, and leaves its period out.
func dated(t *testing.T, db *testdb.DB, key, at string) {
	t.Helper()
	db.Exec(t, `INSERT INTO financial_ledger (type, operation_key, description, posted_at, effective_at, effective_basis)
		VALUES ('payout', ?, 'Old', NOW(), ?, 'stripe')`, key, at)
}

func fillIn(ctx context.Context, db *testdb.DB, zone string) error {
	return migrations.Runner{AdminDSN: db.AdminDSN, AppDSN: db.AppDSN, BooksZone: zone}.Fill(ctx)
}

// A transaction of an older release gets the month in which it took effect, or the first open one.
func TestTransactionsOfAnOlderReleaseGetTheirMonth(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	dated(t, db, "1", "2026-10-31 23:59:59.999999")
	dated(t, db, "2", "2026-11-01 00:00:00")
	require.NoError(t, fillIn(t.Context(), db, ""))
	require.Equal(t, "2026-10 2026-11", db.Text(t, asPeriods))
	db.Exec(t, "UPDATE ledger_opening SET first_open = '2026-11'")
	dated(t, db, "3", "2026-10-02 12:00:00")
	dated(t, db, "4", "2026-12-02 12:00:00")
	require.NoError(t, fillIn(t.Context(), db, ""))
	require.Equal(t, "2026-10 2026-11 2026-11 2026-12", db.Text(t, asPeriods))
}

// The months are those of the books' time zone, whatever the server knows of time zones. Another one may be set until a month is closed.
func TestTheTimeZoneOfTheBooksIsFixedByTheFirstClose(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	dated(t, db, "1", "2026-10-31 22:59:59")
	dated(t, db, "2", "2026-10-31 23:00:00")
	dated(t, db, "3", "2026-11-30 22:59:59")
	dated(t, db, "4", "2004-01-31 23:30:00")
	require.NoError(t, fillIn(t.Context(), db, ""))
	require.Equal(t, "2026-10 2026-10 2026-11 2004-01", db.Text(t, asPeriods))
	require.NoError(t, fillIn(t.Context(), db, "Europe/Berlin"))
	require.Equal(t, "2026-10 2026-11 2026-11 2004-01", db.Text(t, asPeriods))
	dated(t, db, "5", "2026-11-30 23:00:00")
	require.NoError(t, fillIn(t.Context(), db, ""), "the time zone is kept")
	require.Equal(t, "2026-10 2026-11 2026-11 2004-01 2026-12", db.Text(t, asPeriods))
	require.NoError(t, fillIn(t.Context(), db, "America/New_York"))
	require.Equal(t, "2026-10 2026-10 2026-11 2004-01 2026-11", db.Text(t, asPeriods))
	require.Equal(t, "-", db.Text(t, "SELECT COALESCE(rezone_to, '-') FROM ledger_opening"))

	db.Exec(t, "UPDATE ledger_opening SET first_open = '2026-10'")
	var fixed *migrations.FixedZoneError
	require.ErrorAs(t, fillIn(t.Context(), db, "UTC"), &fixed)
	require.ErrorContains(t, fixed, "fixed the time zone of the books as America/New_York")
	require.NoError(t, fillIn(t.Context(), db, "America/New_York"))
	require.Equal(t, "2026-10 2026-10 2026-11 2004-01 2026-11", db.Text(t, asPeriods))
}

// A pass over the months that was stopped continues, and until then no month can be closed.
func TestAStoppedChangeOfTheTimeZoneContinues(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	db.Exec(t, `INSERT INTO financial_ledger (type, operation_key, description, posted_at, effective_at, effective_basis, period)
		WITH RECURSIVE n AS (SELECT 0 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 49)
		SELECT 'payout', CONCAT('payout/', a.i, '/', b.i), 'Old', NOW(), '2026-11-30 23:30:00', 'stripe', '2026-11' FROM n a JOIN n b`)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	runner := migrations.Runner{AdminDSN: db.AdminDSN, AppDSN: db.AppDSN, BooksZone: "Europe/Berlin", Report: func(p migrations.Progress) {
		if p.Task == "periods of the ledger in another time zone" && p.Share > 0 {
			stop()
		}
	}}
	require.ErrorIs(t, runner.Fill(ctx), context.Canceled)
	require.NotZero(t, db.Count(t, wrongPeriod))
	require.Equal(t, 2500, db.Count(t, "SELECT rezone_to FROM ledger_opening"))
	require.NoError(t, fillIn(t.Context(), db, ""))
	require.Zero(t, db.Count(t, wrongPeriod))
	require.Equal(t, 1, db.Count(t, "SELECT COUNT(*) FROM ledger_opening WHERE rezone_to IS NULL"))
}
