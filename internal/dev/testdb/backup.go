package testdb

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Backup holds the rows of all tables at one moment, read in one snapshot as mysqldump --single-transaction reads them. It uses SQL
// only, so that tests need no client program.
type Backup struct {
	db     *DB
	tables []table
}

type table struct {
	name    string
	columns []string // those that are not generated
	rows    [][]any
	next    int // AUTO_INCREMENT; 0 for a table without it
}

// Backup reads a backup. Other connections may write meanwhile.
func (db *DB) Backup(t testing.TB) *Backup {
	t.Helper()
	connection, err := db.SQL.Conn(t.Context())
	require.NoError(t, err)
	defer func() { require.NoError(t, connection.Close()) }()
	exec(t, connection, "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
	exec(t, connection, "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
	backup := &Backup{db: db}
	for _, name := range db.Texts(t, `SELECT table_name FROM information_schema.tables
		WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'`) {
		columns := db.Texts(t, `SELECT column_name FROM information_schema.columns
			WHERE table_schema = DATABASE() AND table_name = ? AND COALESCE(generation_expression, '') = '' ORDER BY ordinal_position`, name)
		next := db.Count(t, "SELECT COALESCE(MAX(auto_increment), 0) FROM information_schema.tables WHERE table_schema = DATABASE() AND "+
			"table_name = ?", name)
		backup.tables = append(backup.tables, table{name, columns, read(t, connection, name, columns), next})
	}
	exec(t, connection, "COMMIT")
	return backup
}

// Restore replaces the rows of all tables by those of the backup in one transaction: connections stay open, and each sees the rows of
// before or of after. AUTO_INCREMENT is restored too, so that ids are assigned again.
func (b *Backup) Restore(t testing.TB) {
	t.Helper()
	connection, err := b.db.SQL.Conn(t.Context())
	require.NoError(t, err)
	defer func() { require.NoError(t, connection.Close()) }()
	exec(t, connection, "SET FOREIGN_KEY_CHECKS = 0")
	exec(t, connection, "START TRANSACTION")
	for _, table := range b.tables {
		exec(t, connection, "DELETE FROM `"+table.name+"`")
	}
	for _, table := range b.tables {
		insert := "INSERT INTO `" + table.name + "` (`" + strings.Join(table.columns, "`, `") + "`) VALUES (?" + strings.Repeat(", ?",
			len(table.columns)-1) + ")"
		for _, row := range table.rows {
			exec(t, connection, insert, row...)
		}
	}
	exec(t, connection, "COMMIT")
	exec(t, connection, "SET FOREIGN_KEY_CHECKS = 1")
	for _, table := range b.tables {
		if table.next > 0 {
			exec(t, connection, fmt.Sprintf("ALTER TABLE `%s` AUTO_INCREMENT = %d", table.name, table.next))
		}
	}
}

func exec(t testing.TB, connection *sql.Conn, statement string, args ...any) {
	t.Helper()
	_, err := connection.ExecContext(t.Context(), statement, args...)
	require.NoError(t, err, statement)
}

func read(t testing.TB, connection *sql.Conn, name string, columns []string) (all [][]any) {
	t.Helper()
	rows, err := connection.QueryContext(t.Context(), "SELECT `"+strings.Join(columns, "`, `")+"` FROM `"+name+"`")
	require.NoError(t, err)
	defer func() { require.NoError(t, rows.Close()) }()
	for rows.Next() {
		row, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range row {
			into[i] = &row[i]
		}
		require.NoError(t, rows.Scan(into...))
		all = append(all, row)
	}
	require.NoError(t, rows.Err())
	return all
}
