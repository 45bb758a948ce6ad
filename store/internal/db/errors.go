package db

import (
	"errors"

	mysqldriver "github.com/go-sql-driver/mysql"
	"gorm.io/gorm"
)

// Error numbers of MySQL and MariaDB (dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html).
const (
	// The server has rolled a transaction back; repeating it from its start may succeed.
	errLockWaitTimeout = 1205
	errDeadlock        = 1213
	errRecordChanged   = 1020 // MariaDB with innodb_snapshot_isolation

	errDuplicateKey = 1062
	errNoRight      = 1142 // on a table
	errNoTable      = 1146
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

// DuplicateKey tells that a row with the same UNIQUE key exists.
func DuplicateKey(err error) bool { return errorNumber(err) == errDuplicateKey }

// NoTable tells that a table does not exist, or that the user has no right to it.
func NoTable(err error) bool {
	number := errorNumber(err)
	return number == errNoTable || number == errNoRight
}

func errorNumber(err error) uint16 {
	var mysqlErr *mysqldriver.MySQLError
	if errors.As(err, &mysqlErr) {
		return mysqlErr.Number
	}
	return 0
}

func rolledBack(err error) bool {
	switch errorNumber(err) {
	case errDeadlock, errLockWaitTimeout, errRecordChanged:
		return true
	}
	return false
}
