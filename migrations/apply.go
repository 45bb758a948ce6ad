package migrations

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/pressly/goose/v3"

	"farebook/internal/failpoint"
)

// stepsTable notes how many statements of a migration are applied while it is being applied. The servers commit each statement of DDL,
// so that a migration of several can be interrupted between two of them.
const stepsTable = `CREATE TABLE IF NOT EXISTS migration_steps (
  version BIGINT NOT NULL PRIMARY KEY,
  done INT UNSIGNED NOT NULL
) ENGINE = InnoDB`

// run is one run of migrations or back-fills on a database, as the administrator.
type run struct {
	db     *sql.DB
	report func(Progress)
	// isShown says that somebody reads the reports, for which the sizes of tables are looked up.
	isShown bool

	conn   *sql.Conn // on which the statements of migrations are run
	connID int64     // by which the server knows it
}

// apply applies the missing migrations up to a version, or all. goose keeps the list of those that are applied.
func (r *run) apply(ctx context.Context, version *int64) (err error) {
	if r.conn, err = r.db.Conn(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.conn.Close()) }()
	if err := r.conn.QueryRowContext(ctx, "SELECT CONNECTION_ID()").Scan(&r.connID); err != nil {
		return err
	}
	if _, err := r.db.ExecContext(ctx, stepsTable); err != nil {
		return fmt.Errorf("create the table migration_steps: %w", err)
	}
	known, err := r.migrations()
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectMySQL, r.db, nil, goose.WithGoMigrations(known...),
		goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	if version != nil {
		_, err = provider.UpTo(ctx, *version)
	} else {
		_, err = provider.Up(ctx)
	}
	if err != nil {
		return fmt.Errorf("apply migrations: %w", err)
	}
	if _, err := r.db.ExecContext(ctx, "DELETE FROM migration_steps"); err != nil {
		return fmt.Errorf("forget the steps of migrations that are applied: %w", err)
	}
	return nil
}

// migrations are the files as goose takes them.
func (r *run) migrations() ([]*goose.Migration, error) {
	all, err := list()
	if err != nil {
		return nil, err
	}
	migrations := make([]*goose.Migration, len(all))
	for i, one := range all {
		source, err := fs.ReadFile(files, one.path)
		if err != nil {
			return nil, err
		}
		name := strings.TrimSuffix(path.Base(one.path), ".sql")
		migrations[i] = goose.NewGoMigration(one.version, &goose.GoFunc{RunDB: func(ctx context.Context, _ *sql.DB) error {
			return r.applyOne(ctx, one.version, name, Statements(string(source)))
		}}, nil)
	}
	return migrations, nil
}

// applyOne applies the statements of one migration that are not applied yet. A run that is killed
// between a statement and its note leaves the statement in doubt: the next run repeats it and takes "exists already" for success.
func (r *run) applyOne(ctx context.Context, version int64, name string, statements []string) error {
	done, interrupted, err := r.stepsOf(ctx, version)
	if err != nil {
		return err
	}
	for i := done; i < len(statements); i++ {
		c := newChange(name, i+1, len(statements), statements[i])
		c.mayBeApplied = interrupted && i == done
		if r.isShown {
			if c.rows, err = estimateRows(ctx, r.db, c); err != nil {
				return err
			}
		}
		r.report(Progress{Task: c.task(), Share: unknownShare})
		err := r.execute(ctx, c)
		if err != nil && !c.wasApplied(err) {
			return fmt.Errorf("statement %d, %s %s: %w", c.step, c.verb, c.table, err)
		}
		failpoint.Hit("after-migration-statement")
		if _, err := r.db.ExecContext(ctx, "UPDATE migration_steps SET done = ? WHERE version = ?", c.step, version); err != nil {
			return fmt.Errorf("note that statement %d is applied: %w", c.step, err)
		}
		failpoint.Hit("after-migration-step")
	}
	return nil
}

// stepsOf returns how many statements of a migration an interrupted run has applied, and notes that the migration has begun.
func (r *run) stepsOf(ctx context.Context, version int64) (done int, interrupted bool, err error) {
	err = r.db.QueryRowContext(ctx, "SELECT done FROM migration_steps WHERE version = ?", version).Scan(&done)
	if err == nil {
		return done, true, nil
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return 0, false, err
	}
	_, err = r.db.ExecContext(ctx, "INSERT INTO migration_steps (version, done) VALUES (?, 0)", version)
	return 0, false, err
}
