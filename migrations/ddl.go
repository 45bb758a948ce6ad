package migrations

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"farebook/internal/wait"
)

const (
	// lockTimeout is how many seconds a statement waits for a table, and so how long bookings wait behind it: whoever asks for a table
	// after a waiting statement waits for that statement, too.
	lockTimeout = "2"
	// lockTries bounds how often a statement asks for its table: for some minutes, when a transaction holds it all the time.
	lockTries = 60
	// lockPause lets those through that waited behind the statement. It grows with each try up to lockPauseMax.
	lockPause    = 500 * time.Millisecond
	lockPauseMax = 5 * time.Second
	// reportEvery is how often a statement that takes long reports how far it is.
	reportEvery = time.Second
)

// execute runs a statement of a migration. It asks for its table again and again, each time for no longer than lockTimeout.
func (r *run) execute(ctx context.Context, c change) error {
	for try := 1; ; try++ {
		err := r.attempt(ctx, c)
		if !isNumber(err, errLockWaitTimeout, errDeadlock) {
			return err
		}
		holder, holderErr := r.holderOf(ctx, c.table)
		if holderErr != nil {
			return errors.Join(err, holderErr)
		}
		if try == lockTries {
			return fmt.Errorf("%s is in use: %s. Repeat `starter migrate` when it has ended; the statements before are applied: %w",
				c.table, holder, err)
		}
		r.report(Progress{Task: c.task(), Detail: "asks again: " + holder, Share: unknownShare, Waits: true})
		if err := wait.For(ctx, min(lockPause*time.Duration(try), lockPauseMax)); err != nil {
			return err
		}
	}
}

// attempt runs a statement once and reports how far it is. When ctx ends, it ends the statement in the server as well, which would
// otherwise complete it after this process has given up.
func (r *run) attempt(ctx context.Context, c change) error {
	lasting := context.WithoutCancel(ctx)
	ended := make(chan error, 1)
	go func() {
		if c.addsForeignKey() {
			ended <- r.addForeignKey(lasting, c)
			return
		}
		_, err := r.conn.ExecContext(lasting, c.statement)
		ended <- err
	}()
	begun, ticker := time.Now(), time.NewTicker(reportEvery)
	defer ticker.Stop()
	for {
		select {
		case err := <-ended:
			return err
		case <-ctx.Done():
			if _, err := r.db.ExecContext(lasting, fmt.Sprintf("KILL QUERY %d", r.connID)); err != nil {
				return errors.Join(ctx.Err(), fmt.Errorf("end the statement of connection %d: %w", r.connID, err))
			}
			return errors.Join(ctx.Err(), <-ended) // the statement is applied or undone: the next run finds out
		case <-ticker.C:
			r.report(Progress{
				Task: c.task(), Detail: time.Since(begun).Truncate(time.Second).String(), Share: r.shareOf(ctx),
			})
		}
	}
}

// addsForeignKey reports whether a statement gives a table that exists a foreign key.
func (c change) addsForeignKey() bool {
	return c.verb == "ALTER TABLE" && strings.Contains(c.statement, "FOREIGN KEY") && !strings.Contains(c.statement, "DROP FOREIGN KEY")
}

// addForeignKey runs a statement while the session does not check foreign keys, because the server copies the table otherwise. A copied
// table is renamed twice, and rows that refer to it are refused in between (error 1452). The column of the key is new and empty, so that
// there is nothing to check.
func (r *run) addForeignKey(ctx context.Context, c change) error {
	if _, err := r.conn.ExecContext(ctx, "SET SESSION foreign_key_checks = OFF"); err != nil {
		return err
	}
	_, err := r.conn.ExecContext(ctx, c.statement)
	_, onErr := r.conn.ExecContext(ctx, "SET SESSION foreign_key_checks = ON")
	return errors.Join(err, onErr)
}

// shareOf is how much of a statement is done. MariaDB says it for statements that build or copy; MySQL does not by default.
func (r *run) shareOf(ctx context.Context) float64 {
	var stage, stages int64
	var percent float64
	err := r.db.QueryRowContext(ctx, "SELECT stage, max_stage, progress FROM information_schema.processlist WHERE id = ?", r.connID).
		Scan(&stage, &stages, &percent)
	if err != nil || stages == 0 || stage == 0 {
		return unknownShare // no such columns, or nothing said yet
	}
	return (float64(stage-1) + percent/100) / float64(stages)
}
