package storm

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// rebuildTime bounds the wait for the locks with which one table's rebuilding begins and ends.
const rebuildTime = time.Minute

// rebuildTables does what docs/operations.md asks of an operator once the database's disk was full: MariaDB may have left entries in
// indexes whose rows it has taken back, and each reading by one of them fails until its table is rebuilt.
func (s *System) rebuildTables(ctx context.Context) error {
	if !s.servers.wasFull.Load() {
		return nil
	}
	conn, err := s.Root.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.ExecContext(ctx, "SET SESSION lock_wait_timeout = 2"); err != nil { // whoever comes later waits behind it
		return err
	}
	tables, err := tablesOf(ctx, conn)
	if err != nil {
		return err
	}
	for _, table := range tables {
		var last error
		err := until(ctx, rebuildTime, "the table "+table+" cannot be rebuilt", func() bool {
			_, last = conn.ExecContext(ctx, "ALTER TABLE "+table+" FORCE")
			return last == nil
		})
		if err != nil {
			return fmt.Errorf("%w: %w", err, last)
		}
	}
	s.servers.wasFull.Store(false) // not before: what failed is done when the system heals again
	return nil
}

func tablesOf(ctx context.Context, conn *sql.Conn) (tables []string, err error) {
	rows, err := conn.QueryContext(ctx,
		"SELECT table_name FROM information_schema.tables WHERE table_schema = 'farebook' AND engine = 'InnoDB'")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var table string
		if err := rows.Scan(&table); err != nil {
			return nil, err
		}
		tables = append(tables, table)
	}
	return tables, rows.Err()
}
