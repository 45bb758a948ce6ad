package db_test

import (
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testdb"
	"farebook/internal/sqlsession"
	"farebook/store/internal/db"
)

// open opens a pool on a test's database as the application's user.
func open(t *testing.T, on *testdb.DB, pool db.Pool) *db.DB {
	t.Helper()
	opened, err := db.Open(t.Context(), on.AppDSN, pool, on.Clock, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, opened.Close()) })
	return opened
}

// The server ends what takes longer than the limit of the pool, whoever still waits for it, and says which limit that was.
func TestServerEndsAStatementAtTheLimitOfItsPool(t *testing.T) {
	t.Parallel()
	pool := db.Books()
	pool.Statement = 50 * time.Millisecond
	books := open(t, testdb.New(t), pool)
	// MySQL ends SLEEP without an error.
	err := books.WithContext(t.Context()).Exec(`WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
		SELECT SUM(a.i + b.i + c.i + d.i) FROM n a, n b, n c, n d`).Error
	var limit *db.StatementLimitError
	require.ErrorAs(t, err, &limit)
	require.Equal(t, pool.Statement, limit.Limit)
	require.ErrorContains(t, err, "ended a statement after 50ms")
	require.True(t, db.Unavailable(err), "the same call may succeed later")
	require.NoError(t, books.Ping(t.Context()), "the connection is still good")
}

// A client that gave up before the server would leave it working for nobody; a lock has to be given up before both, or no transaction
// is repeated for it.
func TestServerGivesUpBeforeTheClient(t *testing.T) {
	t.Parallel()
	on := testdb.New(t)
	for _, pool := range []db.Pool{db.Books(), db.Proofs()} {
		var limit, lock float64
		session := open(t, on, pool).WithContext(t.Context()).Raw("SELECT " + limitOf(on.Text(t, "SELECT VERSION()")) +
			", @@SESSION.innodb_lock_wait_timeout").Row()
		require.NoError(t, session.Scan(&limit, &lock))
		require.InDelta(t, pool.Statement.Seconds(), limit, 0, pool.Name)
		require.Less(t, lock, limit, pool.Name)
		require.Less(t, pool.Statement, pool.Network(), pool.Name)
	}
}

// limitOf is the expression for a session's limit in seconds.
func limitOf(version string) string {
	if (sqlsession.Session{Version: version}).MariaDB() {
		return "@@SESSION.max_statement_time"
	}
	return "@@SESSION.max_execution_time / 1000"
}
