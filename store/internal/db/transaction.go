package db

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"farebook/internal/sqlerror"
	"farebook/internal/wait"
)

const (
	// transactionAttempts bounds the repetitions; beyond it the activity's or the client's own retry takes over.
	transactionAttempts = 5
	// transactionBackoff grows with each attempt, with jitter, so that two that collided do not collide again.
	transactionBackoff = 20 * time.Millisecond
)

// InTransaction runs work in a transaction, and again from its start when the server rolled it back for a deadlock or a
// lock. Any error inside ends that attempt: a swallowed deadlock would leave the rest of work to commit on its own. The
// outcome of a COMMIT whose answer was lost is unknown: it is returned as an error, and the caller's repetition meets the
// UNIQUE rows.
func (d *DB) InTransaction(ctx context.Context, work func(tx *gorm.DB) error) error {
	return repeated(ctx, d.log, func() error { return d.WithContext(ctx).Transaction(work) })
}

// InTransactionWithin runs work once in a transaction that waits for a lock for so many seconds at most. It is for what makes others wait
// meanwhile: its caller repeats it later.
func (d *DB) InTransactionWithin(ctx context.Context, limit time.Duration, work func(tx *gorm.DB) error) error {
	return d.OnOneConnection(ctx, func(conn *gorm.DB) error {
		var usual int
		if err := conn.Raw("SELECT @@SESSION.innodb_lock_wait_timeout").Scan(&usual).Error; err != nil {
			return err
		}
		if err := conn.Exec("SET SESSION innodb_lock_wait_timeout = ?", int(limit.Seconds())).Error; err != nil {
			return err
		}
		err := conn.Transaction(work)
		return errors.Join(err, conn.Exec("SET SESSION innodb_lock_wait_timeout = ?", usual).Error)
	})
}

// repeated runs a transaction, or a statement that is one, and again when the server rolled it back for a deadlock or a lock.
func repeated(ctx context.Context, log *slog.Logger, transaction func() error) error {
	var err error
	for attempt := range transactionAttempts {
		if attempt > 0 {
			base := transactionBackoff * time.Duration(attempt)
			if wait.For(ctx, base+rand.N(base)) != nil {
				return err
			}
		}
		err = transaction()
		if !rolledBack(err) {
			return err
		}
		log.WarnContext(ctx, "transaction rolled back by the server, repeating it", "attempt", attempt+1, "code", sqlerror.Number(err))
	}
	return err
}

// ForUpdate locks the rows that a SELECT reads until the transaction ends. Read what will be changed with it: MariaDB's REPEATABLE READ
// would lose updates otherwise.
var ForUpdate = clause.Locking{Strength: "UPDATE"}
