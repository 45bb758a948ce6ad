package db

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"farebook/internal/sqlerror"
)

// Error numbers of MySQL and MariaDB (dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html).
const (
	// The server has rolled a transaction back; repeating it from its start may succeed.
	errLockWaitTimeout = 1205
	errDeadlock        = 1213
	errRecordChanged   = 1020 // MariaDB with innodb_snapshot_isolation

	// The server has ended a statement: for its time, or by KILL QUERY.
	errStatementTimeMariaDB = 1969
	errStatementTimeMySQL   = 3024
	errInterrupted          = 1317

	errNoSuchConnection = 1094 // of KILL

	errDuplicateKey     = 1062
	errNoRight          = 1142 // on a table
	errNoRightOnColumns = 1143
	errNoTable          = 1146
)

// ErrNotFound says that a row does not exist, or not for this caller.
var ErrNotFound = errors.New("not found")

// NotFound returns ErrNotFound for gorm's error of the same meaning, and any other error unchanged.
func NotFound(err error) error {
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return ErrNotFound
	}
	return err
}

// LockWaitTimeout tells that a statement has waited for a lock for as long as its session waits.
func LockWaitTimeout(err error) bool { return sqlerror.Number(err) == errLockWaitTimeout }

// NoTable tells that a table does not exist, or that the user has no right to it.
func NoTable(err error) bool {
	number := sqlerror.Number(err)
	return number == errNoTable || number == errNoRight
}

// RightMissing tells that the user of a connection has no right to a table or to a column of it, or has been dropped.
func RightMissing(err error) bool {
	number := sqlerror.Number(err)
	return number == errNoRight || number == errNoRightOnColumns
}

// StatementLimitError is a statement that the server has ended because it took longer than the limit of its pool. What it changed is
// rolled back with its transaction.
type StatementLimitError struct {
	Limit time.Duration
	err   error
}

func (e *StatementLimitError) Error() string {
	return fmt.Sprintf("the database ended a statement after %s, the limit of a statement (max_statement_time on MariaDB, max_execution_time "+
		"on MySQL): repeat it, and see \"A database that stalls\" in docs/operations.md if it happens again: %v", e.Limit, e.err)
}

func (e *StatementLimitError) Unwrap() error { return e.err }

// NoConnectionError is a statement that was not sent, because all connections of a pool were in use for longer than its caller waits.
type NoConnectionError struct {
	Pool  string
	Size  int
	Limit time.Duration
}

func (e *NoConnectionError) Error() string {
	return fmt.Sprintf("none of the %d connections of the pool %q became free within %s: nothing was done; repeat it, and see "+
		"\"A database that stalls\" in docs/operations.md if it happens again", e.Size, e.Pool, roughly(e.Limit))
}

func (*NoConnectionError) Unwrap() error { return context.DeadlineExceeded }

// NoAnswerError is a statement that the database did not answer within the time that its caller waits.
type NoAnswerError struct {
	Limit time.Duration
	// Commit says that the statement was a COMMIT, whose outcome is unknown.
	Commit bool
}

func (e *NoAnswerError) Error() string {
	if e.Commit {
		return fmt.Sprintf("the database did not answer a COMMIT within %s, so that its outcome is unknown: repeat the call, which finds what "+
			"was committed", roughly(e.Limit))
	}
	return fmt.Sprintf("the database did not answer a statement within %s: repeat it, and see \"A database that stalls\" in "+
		"docs/operations.md if it happens again", roughly(e.Limit))
}

func (*NoAnswerError) Unwrap() error { return context.DeadlineExceeded }

// roughly is what was left of a limit as people read it: 2s, and not 1.999950066s.
func roughly(limit time.Duration) time.Duration { return limit.Round(10 * time.Millisecond) }

func endedForTime(number uint16) bool {
	return number == errStatementTimeMariaDB || number == errStatementTimeMySQL
}

func rolledBack(err error) bool {
	switch sqlerror.Number(err) {
	case errDeadlock, errLockWaitTimeout, errRecordChanged:
		return true
	}
	return false
}
