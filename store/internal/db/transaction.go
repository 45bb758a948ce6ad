package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"math/rand/v2"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

const (
	// transactionAttempts bounds the repetitions; beyond it the activity's or the client's own retry takes over.
	transactionAttempts = 5
	// transactionBackoff grows with each attempt, with jitter, so that two that collided do not collide again.
	transactionBackoff = 20 * time.Millisecond
)

// readCommitted makes every transaction of a connection READ COMMITTED: set once, since saying it ahead of each would be a
// round trip each. As a statement, because MySQL and MariaDB name the variable differently.
type readCommitted struct{ driver.Connector }

func (c readCommitted) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	_, err = conn.(driver.ExecerContext).ExecContext(ctx, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", nil)
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

func newPool(connector driver.Connector) *sql.DB {
	pool := sql.OpenDB(readCommitted{connector})
	pool.SetMaxOpenConns(maxConnections)
	pool.SetMaxIdleConns(maxConnections)
	pool.SetConnMaxLifetime(connectionLife)
	return pool
}

// InTransaction runs work in a transaction, and again from its start when the server rolled it back for a deadlock or a
// lock. Any error inside ends that attempt: a swallowed deadlock would leave the rest of work to commit on its own. The
// outcome of a COMMIT whose answer was lost is unknown: it is returned as an error, and the caller's repetition meets the
// UNIQUE rows.
func (d *DB) InTransaction(ctx context.Context, work func(tx *gorm.DB) error) error {
	var err error
	for attempt := range transactionAttempts {
		if attempt > 0 {
			if waitErr := pause(ctx, attempt); waitErr != nil {
				return err
			}
		}
		err = d.WithContext(ctx).Transaction(work)
		if !rolledBack(err) {
			return err
		}
		d.log.WarnContext(ctx, "transaction rolled back by the server, repeating it", "attempt", attempt+1, "code", errorNumber(err))
	}
	return err
}

func pause(ctx context.Context, attempt int) error {
	base := transactionBackoff * time.Duration(attempt)
	timer := time.NewTimer(base + rand.N(base))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// ForUpdate locks the rows that a SELECT reads until the transaction ends. Read what will be changed with it: MariaDB's REPEATABLE READ
// would lose updates otherwise.
var ForUpdate = clause.Locking{Strength: "UPDATE"}
