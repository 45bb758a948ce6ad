package db

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"
)

// Pool says how many connections a process has for one purpose, and how long a statement on one may take. The limit at the server is
// always below the client's: a client that gave up first would leave the server working for nobody.
type Pool struct {
	// Name is the pool's name in metrics and errors: one of a few fixed words.
	Name string
	// Size bounds the open connections, Idle those that are kept open for the next statement.
	Size, Idle int
	// Lifetime stays below the server's wait_timeout and lets a failed-over address be found again.
	Lifetime time.Duration
	// Wait bounds the wait for a connection while all of them are in use.
	Wait time.Duration
	// Statement is how long the server works on one statement: every statement on MariaDB, SELECT on MySQL.
	Statement time.Duration
	// Slow is the time of a statement that is worth a line in the log.
	Slow time.Duration
	// ReadsReplicas keeps connections to a server that is read-only, which refuses a change by an error of the statement. Otherwise the
	// driver takes such a server for a primary that was replaced, and connects again.
	ReadsReplicas bool
	// Login returns the user and password of a connection that is about to be opened; nil takes those of the DSN.
	Login Login
}

const (
	// connectionLife is below the eight hours of the server's wait_timeout, and below the lifetimes of common proxies.
	connectionLife = 5 * time.Minute
	// connectionWait lets a burst pass; after it, an activity is repeated by Temporal, and a request by its caller.
	connectionWait = 2 * time.Second
	// clientMargin is how much longer than the server the client waits for a statement, so that the server's own error arrives. Then
	// KILL QUERY ends what the server did not.
	clientMargin = time.Second
	// networkMargin is later still, for connections that do not even accept bytes.
	networkMargin = 2 * time.Second
)

// Client is how long the client waits for a statement.
func (p Pool) Client() time.Duration { return p.Statement + clientMargin }

// Network is when a read or write on a dead connection is given up; the driver's default is to wait for ever.
func (p Pool) Network() time.Duration { return p.Statement + networkMargin }

// BooksSize is the default of Size for the books: a booking's work is short, and more connections only queue inside InnoDB. Four
// processes fit into the 151 connections that MySQL and MariaDB allow by default.
const BooksSize = 32

// Books is the pool of everything that takes, records and shows bookings.
func Books() Pool {
	return Pool{
		Name: "books", Size: BooksSize, Idle: BooksSize, Lifetime: connectionLife, Wait: connectionWait,
		// Above lockWait, so that the server says 1205 and the transaction is repeated.
		Statement: 13 * time.Second, Slow: 500 * time.Millisecond,
	}
}

// Proofs is the pool of checks that read whole ranges of the ledger: few connections, so that proofs leave the server to bookings, and
// time for a statement that reads a large range.
func Proofs() Pool {
	// Two ranges are read at a time, and the third connection holds the lock of the proof.
	return Pool{
		Name: "proofs", Size: 3, Idle: 3, Lifetime: connectionLife, Wait: 2 * time.Minute, Statement: 2 * time.Minute,
		Slow:          10 * time.Second, // a range may take a second, and a line of the log cuts into the progress that an operator watches
		ReadsReplicas: true,
	}
}

// connections are a pool as gorm uses it: each use waits for a connection for a bounded time.
type connections struct {
	*sql.DB

	pool    Pool
	refused atomic.Int64 // waits that ended without a connection
	killer  *killer
	log     *slog.Logger
}

func (c *connections) wait(ctx context.Context) *waiting {
	asker := patienceOf(ctx)
	if asker.isExhausted() {
		return startWaiting(ctx, 0, &NoAnswerError{Limit: asker.limit})
	}
	limit := asker.within(c.pool.Wait, 0)
	return startWaiting(ctx, limit, &NoConnectionError{Pool: c.pool.Name, Size: c.pool.Size, Limit: limit})
}

// ended counts a wait without a connection, after which all further statements of the same caller fail at once.
func (c *connections) ended(ctx context.Context, w *waiting, err error) {
	w.had() // releases the timer; nothing waits any more
	var none *NoConnectionError
	if errors.As(err, &none) {
		c.refused.Add(1)
		patienceOf(ctx).exhaust()
	}
}

// ExecContext is sql.DB's, with a bounded wait for the connection. A statement outside of a transaction is one, which the server can roll
// back for a deadlock: it is repeated.
func (c *connections) ExecContext(ctx context.Context, query string, args ...any) (result sql.Result, err error) {
	err = repeated(ctx, c.log, func() (err error) {
		w := c.wait(ctx)
		result, err = c.DB.ExecContext(w, query, args...)
		c.ended(ctx, w, err)
		return err
	})
	return result, err
}

// QueryContext is sql.DB's, with a bounded wait for the connection.
func (c *connections) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	w := c.wait(ctx)
	rows, err := c.DB.QueryContext(w, query, args...)
	c.ended(ctx, w, err)
	return rows, err
}

// QueryRowContext is sql.DB's, with a bounded wait for the connection.
func (c *connections) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	w := c.wait(ctx)
	row := c.DB.QueryRowContext(w, query, args...)
	c.ended(ctx, w, row.Err())
	return row
}

// BeginTx is sql.DB's, with a bounded wait for the connection.
func (c *connections) BeginTx(ctx context.Context, options *sql.TxOptions) (*sql.Tx, error) {
	w := c.wait(ctx)
	tx, err := c.DB.BeginTx(w, options)
	c.ended(ctx, w, err)
	return tx, err
}

// PingContext is sql.DB's, with a bounded wait for the connection.
func (c *connections) PingContext(ctx context.Context) error {
	w := c.wait(ctx)
	err := c.DB.PingContext(w)
	c.ended(ctx, w, err)
	return err
}

// Conn is sql.DB's, with a bounded wait for the connection.
func (c *connections) Conn(ctx context.Context) (*sql.Conn, error) {
	w := c.wait(ctx)
	conn, err := c.DB.Conn(w)
	c.ended(ctx, w, err)
	return conn, err
}

// GetDBConn gives gorm the pool itself.
func (c *connections) GetDBConn() (*sql.DB, error) { return c.DB, nil }

// Figures are the state of a pool for metrics.
type Figures struct {
	Pool string // "books" or "proofs"
	sql.DBStats
	// Refused counts waits that ended without a connection, Killed the statements that KILL QUERY ended at the server, since the pool was
	// opened.
	Refused, Killed int64
}

// Figures reads the state of the pool; it does not wait for the database.
func (d *DB) Figures() Figures {
	c := d.connections
	return Figures{Pool: c.pool.Name, DBStats: c.Stats(), Refused: c.refused.Load(), Killed: c.killer.killed.Load()}
}
