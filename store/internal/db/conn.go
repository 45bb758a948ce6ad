package db

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"time"

	mysqldriver "github.com/go-sql-driver/mysql"

	"farebook/internal/sqlsession"
)

// driverConn is what a connection of the driver can do.
type driverConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
	driver.NamedValueChecker
}

// conn is a connection whose statements end: for whoever asked, when their patience or the pool's limit for the client is over, and at
// the server, by KILL QUERY, when nobody waits for the answer any more. The driver alone drops the connection, which the server notices
// only once the statement has ended.
type conn struct {
	driverConn

	session sqlsession.Session
	client  time.Duration
	killer  *killer
	user    string // of the login
	login   Login
	refused bool // for want of a right, after a rotation of the user
}

// IsValid is the driver's, and false once the server has refused a statement for want of a right to a user who is no longer the one to log
// in as: who was dropped after a rotation. The next connection logs in as the new one.
func (c *conn) IsValid() bool { return !c.refused && c.driverConn.IsValid() }

// replaced reports whether the next connection logs in as another user.
func (c *conn) replaced() bool {
	next := c.login.user()
	return next != "" && next != c.user
}

// connector makes connections with the session that every statement of the pool relies on.
type connector struct {
	driver.Connector

	pool   Pool
	killer *killer
}

// Connect sets the statement limit, and makes every transaction READ COMMITTED: set once, since saying it ahead of each would be a round
// trip each. As a statement, because MySQL and MariaDB name the variable differently. A caller's patience also bounds the opening.
func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	asker, limit := patienceOf(ctx), left(ctx, dialTimeout) // opening a connection is not a wait for one
	if asker.isExhausted() {
		return nil, &NoAnswerError{Limit: asker.limit}
	}
	bounded, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	opened, err := c.open(bounded)
	if err != nil && bounded.Err() != nil && ctx.Err() == nil {
		asker.exhaust()
		return nil, &NoAnswerError{Limit: limit}
	}
	return opened, err
}

func (c connector) open(ctx context.Context) (driver.Conn, error) {
	user := c.pool.Login.user()
	opened, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	session, err := sqlsession.Begin(ctx, opened, c.pool.Statement)
	if err == nil {
		err = sqlsession.Exec(ctx, opened, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
	}
	if err != nil {
		return nil, errors.Join(err, opened.Close())
	}
	return &conn{opened.(driverConn), session, c.pool.Client(), c.killer, user, c.pool.Login, false}, nil
}

// left ends the wait for a connection, and returns what is left of a limit for whoever asked.
func left(ctx context.Context, limit time.Duration) time.Duration {
	w := waitingOf(ctx)
	if w == nil {
		return patienceOf(ctx).within(limit, 0)
	}
	w.had()
	return patienceOf(ctx).within(limit, time.Since(w.began))
}

// bound starts a statement. The context ends with the patience of the caller or with the limit of the client; end returns the error that
// says so, and must be called once the answer was read.
func (c *conn) bound(ctx context.Context) (bounded context.Context, end func(error) error) {
	asker, limit := patienceOf(ctx), left(ctx, c.client)
	late := &NoAnswerError{Limit: limit}
	if asker.isExhausted() {
		limit, late.Limit = 0, asker.limit // an earlier statement has used up the patience
	}
	bounded, cancel := context.WithCancelCause(ctx)
	timer := time.AfterFunc(limit, func() { cancel(late) })
	if limit == 0 {
		cancel(late) // the driver must not send it
	}
	return bounded, func(err error) error {
		timer.Stop()
		gaveUp := bounded.Err() != nil
		cancel(nil)
		c.refused = c.refused || RightMissing(err) && c.replaced()
		switch {
		case err == nil:
			return nil
		case errors.Is(err, driver.ErrBadConn) && !gaveUp:
			if w := waitingOf(ctx); w != nil {
				w.arm() // database/sql takes another connection
			}
			return err
		case gaveUp && !c.IsValid():
			c.killer.kill(c.session.ID)
		}
		if gaveUp && errors.Is(context.Cause(bounded), late) {
			asker.exhaust()
			return late
		}
		return err
	}
}

// ExecContext is the driver's, with a bound.
func (c *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	bounded, end := c.bound(ctx)
	result, err := c.driverConn.ExecContext(bounded, query, args)
	return result, end(err)
}

// QueryContext is the driver's, with a bound that lasts until the rows are closed.
func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	bounded, end := c.bound(ctx)
	read, err := c.driverConn.QueryContext(bounded, query, args)
	if err != nil {
		return nil, end(err)
	}
	return &rows{driverRows: read.(driverRows), end: end}, nil
}

// Ping is the driver's, with a bound.
func (c *conn) Ping(ctx context.Context) error {
	bounded, end := c.bound(ctx)
	return end(c.driverConn.Ping(bounded))
}

// BeginTx is the driver's, with a bound, and makes a transaction whose end has one.
func (c *conn) BeginTx(ctx context.Context, options driver.TxOptions) (driver.Tx, error) {
	bounded, end := c.bound(ctx)
	_, err := c.driverConn.BeginTx(bounded, options)
	if err = end(err); err != nil {
		return nil, err
	}
	return &tx{c, patienceOf(ctx)}, nil
}

// tx ends a transaction within the patience of who began it. The driver's own would wait for the network.
type tx struct {
	conn  *conn
	asker *patience
}

// Commit is not interrupted by the end of the caller's context, only by the bound: nobody knows what became of a COMMIT that was. It is
// not killed either.
func (t *tx) Commit() error {
	err := t.end("COMMIT")
	var late *NoAnswerError
	if errors.As(err, &late) {
		return &NoAnswerError{Limit: late.Limit, Commit: true}
	}
	return err
}

// Rollback of a caller whose patience is exhausted drops the connection, with which the server rolls back.
func (t *tx) Rollback() error {
	if t.asker.isExhausted() {
		return driver.ErrBadConn
	}
	return t.end("ROLLBACK")
}

func (t *tx) end(statement string) error {
	limit := t.asker.within(t.conn.client, 0)
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	_, err := t.conn.driverConn.ExecContext(ctx, statement, nil)
	switch {
	case errors.Is(err, driver.ErrBadConn):
		return mysqldriver.ErrInvalidConn // closed before: the same error as of a connection that breaks
	case err != nil && ctx.Err() != nil:
		t.asker.exhaust()
		return &NoAnswerError{Limit: limit}
	}
	return err
}

// driverRows is what the rows of the driver can do.
type driverRows interface {
	driver.RowsNextResultSet
	driver.RowsColumnTypeDatabaseTypeName
	driver.RowsColumnTypeNullable
	driver.RowsColumnTypePrecisionScale
	driver.RowsColumnTypeScanType
}

// rows are read within the bound of their statement.
type rows struct {
	driverRows

	end func(error) error // nil once it was called
}

// Next is the driver's; its error says whether the bound was met.
func (r *rows) Next(values []driver.Value) error {
	err := r.driverRows.Next(values)
	if err == nil || errors.Is(err, io.EOF) {
		return err
	}
	return r.finish(err)
}

// Close is the driver's, and ends the bound.
func (r *rows) Close() error { return r.finish(r.driverRows.Close()) }

func (r *rows) finish(err error) error {
	end := r.end
	r.end = nil
	if end == nil {
		return err
	}
	return end(err)
}
