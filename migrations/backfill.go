package migrations

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"farebook/internal/failpoint"
	"farebook/internal/wait"
)

const (
	// rangeRows is how many rows a back-fill reads in one transaction: it locks those that it changes for some milliseconds.
	rangeRows = 1000
	// rangeTries is how often a range is tried that ends in a deadlock or waits longer than lockTimeout for a row.
	rangeTries = 10
	// rangePause lets the transaction end that kept a row. It grows with each try.
	rangePause = 100 * time.Millisecond
)

// backfillsTable notes how far each back-fill is. A range and its note are one transaction, so that a back-fill continues with the first
// range that is not done, whenever it was stopped, and two at once share the ranges.
const backfillsTable = `CREATE TABLE IF NOT EXISTS backfills (
  name VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  first_id BIGINT UNSIGNED NOT NULL,
  next_id BIGINT UNSIGNED NOT NULL,
  last_id BIGINT UNSIGNED NOT NULL,
  filled_rows BIGINT UNSIGNED NOT NULL,
  started_at DATETIME(6) NOT NULL,
  finished_at DATETIME(6) NULL
) ENGINE = InnoDB`

// backfill fills columns that this release needs and an older release left empty.
type backfill struct {
	name  string // its row in backfills; never changed
	task  string // for people
	table string // whose ids the ranges are of
	// missing is the condition for rows b of the table that have to be filled: the pass goes from the first of them to the last. One read
	// finds both, by an index where there is one.
	missing string
	// statements are run on each range in this order, with its first and its last id. A repetition changes nothing: each leaves out the
	// rows that have their values.
	statements []string
}

// pass is a back-fill's way through the ids of its table, as the table backfills has it.
type pass struct {
	first, next, last, filled int64
	finished                  bool
}

func (p pass) share() float64 { return float64(p.next-p.first) / float64(max(p.last-p.first+1, 1)) }

// Fill completes rows of older releases, in ranges of ids. It may be stopped at any point, and continues from there the next time; older
// releases may run meanwhile, and so may another Fill. Repeat it when no older release is running any more.
func (r Runner) Fill(ctx context.Context) (err error) {
	db, _, err := r.open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	filling := r.run(db)
	if _, err := db.ExecContext(ctx, backfillsTable); err != nil {
		return fmt.Errorf("create the table backfills: %w", err)
	}
	zone, err := filling.setZone(ctx, r.BooksZone)
	if err != nil {
		return err
	}
	for _, b := range backfills(zone) {
		if err := filling.fill(ctx, b); err != nil {
			return fmt.Errorf("%s: %w", b.task, err)
		}
	}
	_, err = db.ExecContext(ctx, "UPDATE ledger_opening SET rezone_to = NULL WHERE rezone_to IS NOT NULL")
	return err
}

func (r *run) fill(ctx context.Context, b backfill) error {
	p, err := r.begin(ctx, b)
	if err != nil {
		return err
	}
	begun := p
	for !p.finished {
		r.report(Progress{Task: b.task, Detail: amount(p.filled) + " rows completed", Share: p.share()})
		if p, err = r.fillRange(ctx, b); err != nil {
			return err
		}
	}
	if !begun.finished {
		r.report(Progress{Task: b.task, Detail: amount(p.filled) + " rows completed", Share: 1, Rows: p.filled - begun.filled})
	}
	return nil
}

// begin continues a pass that was interrupted, as far as rows are missing now, or begins another one if rows are missing.
func (r *run) begin(ctx context.Context, b backfill) (p pass, err error) {
	err = r.inTransaction(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT IGNORE INTO backfills (name, first_id, next_id, last_id, filled_rows, started_at, finished_at)
			VALUES (?, 1, 1, 0, 0, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))`, b.name)
		if err != nil {
			return err
		}
		if p, err = lockPass(ctx, tx, b.name); err != nil {
			return err
		}
		var first, last sql.NullInt64
		err = tx.QueryRowContext(ctx, "SELECT MIN(id), MAX(id) FROM "+b.table+" b WHERE "+b.missing).Scan(&first, &last)
		if err != nil || !first.Valid {
			return err
		}
		if p.finished {
			p = pass{first: first.Int64, next: first.Int64}
		}
		p.last = max(p.last, last.Int64)
		_, err = tx.ExecContext(ctx, `UPDATE backfills SET first_id = ?, next_id = ?, last_id = ?, filled_rows = ?,
			started_at = IF(finished_at IS NULL, started_at, UTC_TIMESTAMP(6)), finished_at = NULL WHERE name = ?`,
			p.first, p.next, p.last, p.filled, b.name)
		return err
	})
	return p, err
}

func lockPass(ctx context.Context, tx *sql.Tx, name string) (p pass, err error) {
	err = tx.QueryRowContext(ctx, `SELECT first_id, next_id, last_id, filled_rows, finished_at IS NOT NULL FROM backfills
		WHERE name = ? FOR UPDATE`, name).Scan(&p.first, &p.next, &p.last, &p.filled, &p.finished)
	return p, err
}

// fillRange fills the next range and returns how far the pass is then. Another run may have finished it.
func (r *run) fillRange(ctx context.Context, b backfill) (p pass, err error) {
	err = r.inTransaction(ctx, func(tx *sql.Tx) error {
		p, err = lockPass(ctx, tx, b.name)
		if err != nil || p.finished {
			return err
		}
		last, err := endOfRange(ctx, tx, b.table, p)
		if err != nil {
			return err
		}
		for _, statement := range b.statements {
			result, err := tx.ExecContext(ctx, statement, p.next, last)
			if err != nil {
				return err
			}
			rows, err := result.RowsAffected()
			if err != nil {
				return err
			}
			p.filled += rows
		}
		p.next, p.finished = last+1, last == p.last
		_, err = tx.ExecContext(ctx, "UPDATE backfills SET next_id = ?, filled_rows = ?, finished_at = IF(?, UTC_TIMESTAMP(6), NULL) "+
			"WHERE name = ?", p.next, p.filled, p.finished, b.name)
		failpoint.Hit("before-backfill-range")
		return err
	})
	if err != nil {
		return p, fmt.Errorf("range from id %d: %w", p.next, err)
	}
	failpoint.Hit("after-backfill-range")
	return p, nil
}

// endOfRange is the last id of the next rangeRows rows, however far apart their ids are.
func endOfRange(ctx context.Context, tx *sql.Tx, table string, p pass) (int64, error) {
	var last sql.NullInt64
	var rows int
	query := fmt.Sprintf("SELECT MAX(id), COUNT(*) FROM (SELECT id FROM %s WHERE id BETWEEN ? AND ? ORDER BY id LIMIT %d) r", table, rangeRows)
	err := tx.QueryRowContext(ctx, query, p.next, p.last).Scan(&last, &rows)
	if err != nil || rows < rangeRows {
		return p.last, err
	}
	return last.Int64, nil
}

// inTransaction runs work in a transaction, and again from its start when the server refused it for a lock. READ COMMITTED reads joined
// tables without locks, so that no booking waits for what is only read.
func (r *run) inTransaction(ctx context.Context, work func(tx *sql.Tx) error) error {
	for try := 1; ; try++ {
		err := r.once(ctx, work)
		if !isNumber(err, errLockWaitTimeout, errDeadlock) || try == rangeTries {
			return err
		}
		if err := wait.For(ctx, rangePause*time.Duration(try)); err != nil {
			return err
		}
	}
}

func (r *run) once(ctx context.Context, work func(tx *sql.Tx) error) error {
	tx, err := r.db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		return err
	}
	if err := work(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}
