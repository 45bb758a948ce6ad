package growth

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// meter counts what the database server does. It reads the server's own counters of the rows that its storage engine has handed out
// (Handler_read_*) and of the index entries that the engine itself has passed over (Handler_icp_*), because these miss nothing: the
// slow log and the performance schema do not count the latter. The counters are of the whole server, so a meter needs a server that
// nobody else uses; the connections of a pool are then all included, which the counters of one session are not.
type meter struct {
	conn *sql.Conn
	// idle is what reading the counters costs itself.
	idle counters
	// before is what they were when the measured call began.
	before counters
}

// counters are the sums of the server since its start.
type counters struct{ rows, statements int64 }

func (c counters) less(other counters) counters {
	return counters{c.rows - other.rows, c.statements - other.statements}
}

// newMeter takes a connection for itself, and makes the server log each statement, so that the costly ones can be named.
func newMeter(ctx context.Context, admin *sql.DB) (*meter, error) {
	conn, err := admin.Conn(ctx)
	if err != nil {
		return nil, err
	}
	m := &meter{conn: conn}
	for _, setting := range []string{"log_output = 'TABLE'", "long_query_time = 0", "min_examined_row_limit = 0", "slow_query_log = ON"} {
		if _, err := conn.ExecContext(ctx, "SET GLOBAL "+setting); err != nil {
			return nil, err
		}
	}
	if err := m.start(ctx); err != nil {
		return nil, err
	}
	m.idle, err = m.stop(ctx)
	return m, err
}

// start begins a measurement.
func (m *meter) start(ctx context.Context) (err error) {
	if _, err = m.conn.ExecContext(ctx, "TRUNCATE mysql.slow_log"); err != nil {
		return err
	}
	m.before, err = m.read(ctx)
	return err
}

// stop ends it and returns what the server has done in between.
func (m *meter) stop(ctx context.Context) (counters, error) {
	now, err := m.read(ctx)
	return now.less(m.before).less(m.idle), err
}

func (m *meter) read(ctx context.Context) (c counters, err error) {
	rows, err := m.conn.QueryContext(ctx, `SHOW GLOBAL STATUS WHERE Variable_name LIKE 'Handler\_read\_%' OR Variable_name LIKE 'Handler\_icp\_%'
		OR Variable_name = 'Questions'`)
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var name string
		var value int64
		if err := rows.Scan(&name, &value); err != nil {
			return c, err
		}
		switch name {
		case "Questions":
			c.statements = value
		case "Handler_icp_match": // the engine hands these out: they are among the rows read
			c.rows -= value
		default:
			c.rows += value
		}
	}
	return c, rows.Err()
}

// costliest names the statement of the last measurement that examined the most rows, as far as the server has logged it already.
func (m *meter) costliest(ctx context.Context, schema string) (string, error) {
	var text string
	var examined int64
	err := m.conn.QueryRowContext(ctx, `SELECT CONVERT(LEFT(sql_text, 2000) USING utf8mb4), rows_examined FROM mysql.slow_log WHERE db = ?
		ORDER BY rows_examined DESC LIMIT 1`, schema).Scan(&text, &examined)
	if err != nil {
		return "", fmt.Errorf("read the log of statements: %w", err)
	}
	return fmt.Sprintf("%d rows: %s", examined, text), nil
}
