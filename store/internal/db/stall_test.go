package db_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"farebook/internal/clock"
	"farebook/internal/dev/silent"
	"farebook/internal/dev/testdb"
	"farebook/store/internal/db"
)

// unlimited is a pool whose server ends no statement for its time: what ends was killed.
func unlimited() db.Pool {
	pool := db.Books()
	pool.Statement = time.Hour
	return pool
}

// running counts the statements of a test's application that the server works on.
func running(t *testing.T, on *testdb.DB) int {
	t.Helper()
	return on.Count(t, "SELECT COUNT(*) FROM information_schema.processlist WHERE user = '"+on.Name+"' AND command <> 'Sleep'")
}

func awaitRunning(t *testing.T, on *testdb.DB, statements int) {
	t.Helper()
	require.Eventually(t, func() bool { return running(t, on) == statements }, time.Minute, 20*time.Millisecond,
		"%d statements run at the server", statements)
}

// awaitWaiting waits until the server is within SLEEP or waits for a lock. A server that still sends rows notices a caller who has gone.
func awaitWaiting(t *testing.T, on *testdb.DB) {
	t.Helper()
	require.Eventually(t, func() bool {
		return on.Count(t, "SELECT COUNT(*) FROM information_schema.processlist WHERE user = '"+on.Name+
			"' AND command <> 'Sleep' AND (state = 'User sleep' OR info LIKE 'UPDATE%')") == 1
	}, time.Minute, 20*time.Millisecond, "no statement waits at the server")
}

// Whoever gives up leaves nothing behind at the server: no statement that still reads, waits or writes, and no transaction with its locks.
// The driver alone only drops the connection, and the server does not notice it before the statement has ended.
func TestAbandonedStatementEndsAtTheServer(t *testing.T) {
	t.Parallel()
	for name, work := range map[string]func(*gorm.DB) error{
		"a read": func(conn *gorm.DB) error {
			var slept int
			return conn.Raw("SELECT SLEEP(600)").Scan(&slept).Error
		},
		"a write that waits for a lock": func(conn *gorm.DB) error {
			return conn.Exec("UPDATE api_clients SET created_by = 'other'").Error
		},
		"a statement of a transaction": func(conn *gorm.DB) error {
			return conn.Transaction(func(tx *gorm.DB) error { return tx.Exec("SELECT SLEEP(600)").Error })
		},
		"rows, of which the first have arrived": func(conn *gorm.DB) error {
			rows, err := conn.Raw("SELECT REPEAT('x', 1000000) UNION ALL SELECT SLEEP(600)").Rows()
			if err != nil {
				return err
			}
			defer func() { _ = rows.Close() }()
			for rows.Next() {
				continue // until the last one, which does not come
			}
			return rows.Err()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			on := testdb.New(t)
			on.NewKey(t, "shop")
			books := open(t, on, unlimited())
			locked, err := on.SQL.BeginTx(t.Context(), nil)
			require.NoError(t, err)
			_, err = locked.ExecContext(t.Context(), "SELECT id FROM api_clients FOR UPDATE")
			require.NoError(t, err)

			ctx, giveUp := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() { ended <- work(books.WithContext(ctx)) }()
			awaitWaiting(t, on)
			giveUp()
			err = <-ended
			require.Error(t, err)
			require.True(t, db.Unavailable(err), "%v", err)
			awaitRunning(t, on, 0)
			require.NoError(t, locked.Rollback())
			require.NotZero(t, books.Figures().Killed)
		})
	}
}

// A caller with patience waits for the database once: the statements after the one that met the limit are not sent.
func TestPatienceIsExhaustedByOneStatement(t *testing.T) {
	t.Parallel()
	on := testdb.New(t)
	on.NewKey(t, "shop")
	books := open(t, on, unlimited())
	hurried := db.WithPatience(t.Context(), 100*time.Millisecond)
	err := books.WithContext(hurried).Exec("SELECT SLEEP(600)").Error
	var late *db.NoAnswerError
	require.ErrorAs(t, err, &late)
	require.False(t, late.Commit)
	require.True(t, db.Unavailable(err))
	awaitRunning(t, on, 0)

	const write = "UPDATE api_clients SET created_by = 'other'"
	require.ErrorAs(t, books.WithContext(hurried).Exec(write).Error, &late)
	require.ErrorAs(t, books.InTransaction(hurried, func(tx *gorm.DB) error { return tx.Exec(write).Error }), &late)
	require.Zero(t, on.Count(t, "SELECT COUNT(*) FROM api_clients WHERE created_by = 'other'"))
	require.NoError(t, books.WithContext(db.WithoutPatience(hurried)).Exec("SELECT 1").Error)
	require.NoError(t, books.WithContext(t.Context()).Exec("SELECT 1").Error, "another caller has its own patience")
}

// What a caller without patience is refused names the limit that an earlier statement has met, and not what is left of it.
func TestExhaustedPatienceNamesItsLimit(t *testing.T) {
	t.Parallel()
	on := testdb.New(t)
	books := open(t, on, unlimited())
	// Both connections are open before, which takes a part of the patience of whoever opens one.
	require.NoError(t, books.InTransaction(t.Context(), func(*gorm.DB) error { return books.Ping(t.Context()) }))
	hurried := db.WithPatience(t.Context(), 199*time.Millisecond)
	require.ErrorContains(t, books.InTransaction(hurried, func(tx *gorm.DB) error {
		if books.WithContext(hurried).Exec("SELECT SLEEP(600)").Error == nil {
			return nil
		}
		return tx.Exec("SELECT 1").Error
	}), "did not answer a statement within 200ms")
}

// A server that accepts connections and says nothing uses up the patience as well, before there is a statement.
func TestPatienceIsExhaustedByAConnectionThatDoesNotOpen(t *testing.T) {
	t.Parallel()
	server := silent.Start(t)
	hurried := db.WithPatience(t.Context(), time.Second)
	for range 2 {
		_, err := db.Open(hurried, "app:secret@tcp("+server.Address+")/books", unlimited(), clock.System{},
			slog.New(slog.DiscardHandler))
		var late *db.NoAnswerError
		require.ErrorAs(t, err, &late)
		require.Eventually(t, func() bool { return server.Taken() > 0 }, time.Minute, time.Millisecond)
	}
	require.EqualValues(t, 1, server.Taken(), "the second caller has no patience left")
}

// The patience of a caller also ends a transaction: its statements, and the rollback after them.
func TestPatienceEndsATransaction(t *testing.T) {
	t.Parallel()
	on := testdb.New(t)
	on.NewKey(t, "shop")
	books := open(t, on, unlimited())
	hurried := db.WithPatience(t.Context(), 100*time.Millisecond)
	err := books.InTransaction(hurried, func(tx *gorm.DB) error {
		if err := tx.Exec("UPDATE api_clients SET created_by = 'other'").Error; err != nil {
			return err
		}
		return tx.Exec("SELECT SLEEP(600)").Error
	})
	var late *db.NoAnswerError
	require.ErrorAs(t, err, &late)
	awaitRunning(t, on, 0)
	on.Exec(t, "UPDATE api_clients SET created_by = 'third'") // its lock is free again
	require.Equal(t, 1, on.Count(t, "SELECT COUNT(*) FROM api_clients WHERE created_by = 'third'"))
}

// While all connections are in use, others wait for a bounded time and are then refused, and nothing was done for them.
func TestWaitForAConnectionIsBounded(t *testing.T) {
	t.Parallel()
	on := testdb.New(t)
	pool := db.Books()
	pool.Size, pool.Idle, pool.Wait = 1, 1, 2*time.Second // which includes the opening of a connection, on a busy machine
	books := open(t, on, pool)
	taken := books.WithContext(t.Context()).Begin()
	require.NoError(t, taken.Error)

	uses := []func(ctx context.Context) error{
		func(ctx context.Context) error { return books.WithContext(ctx).Exec("SELECT 1").Error },
		func(ctx context.Context) error { return books.WithContext(ctx).Raw("SELECT 1").Scan(new(int)).Error },
		func(ctx context.Context) error { return books.WithContext(ctx).Raw("SELECT 1").Row().Err() },
		func(ctx context.Context) error { return books.InTransaction(ctx, func(*gorm.DB) error { return nil }) },
		func(ctx context.Context) error {
			return books.OnOneConnection(ctx, func(*gorm.DB) error { return nil })
		},
		books.Ping,
	}
	refused := make([]error, len(uses))
	var group sync.WaitGroup
	for i, use := range uses {
		group.Go(func() { refused[i] = use(t.Context()) })
	}
	group.Wait()
	var none *db.NoConnectionError
	for _, err := range refused {
		require.ErrorAs(t, err, &none)
		require.ErrorContains(t, err, `none of the 1 connections of the pool "books" became free within 2s`)
		require.True(t, db.Unavailable(err))
	}
	require.EqualValues(t, 6, books.Figures().Refused)
	hurried := db.WithPatience(t.Context(), time.Millisecond)
	require.ErrorAs(t, books.Ping(hurried), &none)
	require.Equal(t, time.Millisecond, none.Limit, "the patience of the caller is shorter")

	require.NoError(t, taken.Rollback().Error)
	require.NoError(t, books.Ping(t.Context()))
	var slept int
	require.NoError(t, books.WithContext(t.Context()).Raw("SELECT SLEEP(2.4)").Scan(&slept).Error,
		"a statement that has its connection may take longer than the wait for one")
	require.Equal(t, 1, books.Figures().MaxOpenConnections)
}
