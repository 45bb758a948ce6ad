package testdb

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// lockPace is the pause between two readings of innodb_trx. InnoDB gives an old answer to whoever reads that table within 100 ms of the
// last reader, so a shorter pace would see the first answer for ever.
const lockPace = 300 * time.Millisecond

// LockWaits counts the transactions of this database that wait for a row's lock.
func (db *DB) LockWaits(t testing.TB) int {
	t.Helper()
	return db.Count(t, `SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'
		AND trx_mysql_thread_id IN (SELECT id FROM information_schema.processlist WHERE db = DATABASE())`)
}

// AwaitLockWaits returns when as many transactions of this database wait for a row's lock as the caller says.
func (db *DB) AwaitLockWaits(t testing.TB, transactions int) {
	t.Helper()
	require.Eventually(t, func() bool { return db.LockWaits(t) == transactions }, time.Minute, lockPace,
		"%d transactions wait for a lock", transactions)
}
