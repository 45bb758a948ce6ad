package migrations

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// holders are queries for the connection that has used a table longest, of which the first that finds one is used: by the server's list
// of locks, which MySQL keeps and MariaDB keeps with performance_schema = ON, and by the oldest transaction in the database. Neither
// reads statements, which contain names and addresses.
var holders = []string{
	`SELECT t.processlist_id, t.processlist_user, COALESCE(t.processlist_host, ''),
	   COALESCE(TIMESTAMPDIFF(SECOND, x.trx_started, NOW()), t.processlist_time, 0) AS seconds
	 FROM performance_schema.metadata_locks l
	 JOIN performance_schema.threads t ON t.thread_id = l.owner_thread_id
	 LEFT JOIN information_schema.innodb_trx x ON x.trx_mysql_thread_id = t.processlist_id
	 WHERE l.object_type = 'TABLE' AND l.object_schema = DATABASE() AND l.object_name = ? AND l.lock_status = 'GRANTED'
	   AND t.processlist_id <> CONNECTION_ID()
	 ORDER BY seconds DESC LIMIT 1`,
	`SELECT p.id, p.user, p.host, TIMESTAMPDIFF(SECOND, x.trx_started, NOW()) AS seconds
	 FROM information_schema.innodb_trx x
	 JOIN information_schema.processlist p ON p.id = x.trx_mysql_thread_id
	 WHERE p.db = DATABASE() AND p.id <> CONNECTION_ID() AND ? <> ''
	 ORDER BY seconds DESC LIMIT 1`,
}

// holderOf says who keeps a table from being changed, as far as the server says.
func (r *run) holderOf(ctx context.Context, table string) (string, error) {
	for _, query := range holders {
		var id, seconds int64
		var user, host string
		err := r.db.QueryRowContext(ctx, query, table).Scan(&id, &user, &host, &seconds)
		switch {
		case err == nil:
			return fmt.Sprintf("connection %d of %s@%s has had a transaction open for %d s", id, user, host, seconds), nil
		case errors.Is(err, sql.ErrNoRows), isNumber(err, errNoRightOnTable, errNoSuchTable):
		default:
			return "", fmt.Errorf("find out who uses %s: %w", table, err)
		}
	}
	return "the server does not say by whom", nil
}

// errNoRightOnTable is MySQL's error for an administrator who may not read performance_schema.
const errNoRightOnTable = 1142
