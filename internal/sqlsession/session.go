// Package sqlsession reads which server a connection leads to, MySQL or MariaDB, and limits how long the server works on one statement.
// The two servers have different variables for that. It imports the standard library only.
package sqlsession

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Session is a connection as the server knows it.
type Session struct {
	Version string // VERSION(): "8.4.3", "10.11.6-MariaDB-0+deb12u1"
	ID      uint64 // CONNECTION_ID(), which KILL QUERY takes
}

// MariaDB tells MariaDB from MySQL. The forks of MySQL (Percona, Aurora) have MySQL's variables.
func (s Session) MariaDB() bool { return strings.Contains(strings.ToLower(s.Version), "mariadb") }

// Limit is the statement that sets the session's limit for each further statement; zero means no limit, whatever the server's
// configuration says. MariaDB ends every kind of statement with error 1969. MySQL ends only SELECT, with error 3024: a statement that
// writes is ended by KILL QUERY alone.
func (s Session) Limit(limit time.Duration) string {
	if s.MariaDB() {
		return "SET SESSION max_statement_time = " + strconv.FormatFloat(limit.Seconds(), 'f', -1, 64)
	}
	return "SET SESSION max_execution_time = " + strconv.FormatInt(limit.Milliseconds(), 10)
}

// Begin reads the session of a new connection and sets its limit for statements.
func Begin(ctx context.Context, conn driver.Conn, limit time.Duration) (Session, error) {
	session, err := Read(ctx, conn)
	if err != nil {
		return Session{}, fmt.Errorf("read the version of the server: %w", err)
	}
	if err := Exec(ctx, conn, session.Limit(limit)); err != nil {
		return Session{}, fmt.Errorf("limit the time of a statement: %w", err)
	}
	return session, nil
}

// Read asks the server which session a connection has.
func Read(ctx context.Context, conn driver.Conn) (session Session, err error) {
	rows, err := conn.(driver.QueryerContext).QueryContext(ctx, "SELECT VERSION(), CONNECTION_ID()", nil)
	if err != nil {
		return Session{}, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	values := make([]driver.Value, len(rows.Columns()))
	if err := rows.Next(values); err != nil {
		return Session{}, err
	}
	id, err := strconv.ParseUint(text(values[1]), 10, 64)
	if err != nil {
		return Session{}, fmt.Errorf("CONNECTION_ID(): %w", err)
	}
	return Session{Version: text(values[0]), ID: id}, nil
}

// Exec runs a statement without parameters on a connection.
func Exec(ctx context.Context, conn driver.Conn, statement string) error {
	_, err := conn.(driver.ExecerContext).ExecContext(ctx, statement, nil)
	return err
}

func text(value driver.Value) string {
	if bytes, ok := value.([]byte); ok {
		return string(bytes)
	}
	return fmt.Sprint(value)
}

// Unlimited makes connections whose statements the server never ends for their time, such as the DDL of a migration: one that is ended
// half way leaves a schema between two versions, and the time that it takes depends on the size of the table.
func Unlimited(connector driver.Connector) driver.Connector { return unlimited{connector} }

type unlimited struct{ driver.Connector }

func (u unlimited) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := u.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := Begin(ctx, conn, 0); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}
