// Package sqlerror tells an error of a MySQL or MariaDB server that cannot serve now from an error in what was asked. It imports the
// driver and the standard library only.
package sqlerror

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"

	"github.com/go-sql-driver/mysql"
)

// unavailable are the errors of a server that is full, stopping, read-only after a failover, or whose users are being
// changed (dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html, and MariaDB's 1927).
var unavailable = map[uint16]bool{
	1040: true, 1203: true, // too many connections
	1020: true, 1205: true, 1213: true, // a lock or a deadlock, repeated in vain
	1317: true, 1969: true, 3024: true, // ended by the server, or by KILL QUERY
	1021: true, 1041: true, 1114: true, // disk, memory or table full
	3: true, 1026: true, 1030: true, 1878: true, // a file, a table or a temporary file that could not be written
	damagedIndex: true, 1712: true, // an index that the server takes for damaged, until an operator has repaired it
	1180: true,             // no COMMIT, for such a reason
	1044: true, 1045: true, // access denied
	1142: true, 1143: true, // no right to a table or a column: a user that was dropped, or rights that are not granted yet
	1053: true, 1077: true, 1079: true, 1152: true, 1927: true, // shutdown, connection killed
	1467: true,                         // no id for a new row: the wait for the counter of its table was ended
	1290: true, 1792: true, 1836: true, // read-only
}

// damagedIndex is ER_NOT_KEYFILE.
const damagedIndex = 1034

// DamagedIndex is the server's error for an index with an entry of no row, where the server has not said so itself: it has refused an
// INSERT for a duplicate that cannot be read.
func DamagedIndex(duplicate error) error {
	return &mysql.MySQLError{Number: damagedIndex, Message: "an index is corrupt: no row can be read for " + duplicate.Error()}
}

// Unavailable tells an error of the connection, or of a server that cannot serve now, from an error in what was asked:
// the same call may succeed later.
func Unavailable(err error) bool {
	if number := Number(err); number != 0 {
		return unavailable[number]
	}
	var network net.Error
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, mysql.ErrInvalidConn) || errors.Is(err, sql.ErrConnDone) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) || errors.As(err, &network) ||
		errors.Is(err, sql.ErrTxDone) // the context's end has rolled the transaction back between two statements
}

// Number is the number of the server's error; 0 for any other error.
func Number(err error) uint16 {
	var answer *mysql.MySQLError
	if errors.As(err, &answer) {
		return answer.Number
	}
	return 0
}
