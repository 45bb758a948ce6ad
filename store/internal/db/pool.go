package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"time"

	"farebook/internal/sqlsession"
)

// Pool says how many connections a process has for one purpose, and how long a statement on one may take. The limit at the server is
// always below the client's: a client that gave up first would leave the server working for nobody.
type Pool struct {
	// Name is the pool's name in metrics and errors: a few fixed words.
	Name string
	// Size bounds the open connections, Idle those that are kept open for the next request.
	Size, Idle int
	// Lifetime stays below the server's wait_timeout and lets a failed-over address be found again.
	Lifetime time.Duration
	// Statement is how long the server works on one statement: every statement on MariaDB, SELECT on MySQL.
	Statement time.Duration
}

// networkMargin is how much longer than the server's limit a read or write on a dead connection waits: the server's own answer to a
// statement that it ended has time to arrive.
const networkMargin = 2 * time.Second

// Network is when a read or write on a connection is given up; the driver's default is to wait for ever.
func (p Pool) Network() time.Duration { return p.Statement + networkMargin }

// Books is the pool of everything that takes, records and shows bookings.
func Books() Pool {
	return Pool{
		Name: "books",
		// A booking's work is short; more connections only queue inside InnoDB. Four processes fit into the 151 connections that MySQL
		// and MariaDB allow by default.
		Size: 32, Idle: 32,
		Lifetime: 5 * time.Minute,
		// Above lockWait, so that the server says 1205 and the transaction is repeated.
		Statement: 13 * time.Second,
	}
}

// Proofs is the pool of checks that read whole ranges of the ledger: few connections, so that proofs leave the server to bookings, and
// time for a statement that reads a large range.
func Proofs() Pool {
	return Pool{Name: "proofs", Size: 2, Idle: 2, Lifetime: 5 * time.Minute, Statement: 2 * time.Minute}
}

// sessions prepares each new connection.
type sessions struct {
	driver.Connector

	pool Pool
}

// Connect sets the statement limit, and makes every transaction READ COMMITTED: set once, since saying it ahead of each would be a round
// trip each. As a statement, because MySQL and MariaDB name the variable differently.
func (s sessions) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := s.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	_, err = sqlsession.Begin(ctx, conn, s.pool.Statement)
	if err == nil {
		err = sqlsession.Exec(ctx, conn, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

func newPool(connector driver.Connector, pool Pool) *sql.DB {
	opened := sql.OpenDB(sessions{connector, pool})
	opened.SetMaxOpenConns(pool.Size)
	opened.SetMaxIdleConns(pool.Idle)
	opened.SetConnMaxLifetime(pool.Lifetime)
	return opened
}
