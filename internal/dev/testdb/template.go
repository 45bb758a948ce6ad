package testdb

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/migrations"
)

// template is the schema that all migrations make, with the rows that they insert: a schema is created from it in a third of the time that
// the migrations take.
type template struct {
	creates []string
	rows    *Backup
}

var (
	reading  sync.Mutex
	prepared = map[string]*template{} // by the administrator's DSN of the server
)

// templateOf applies all migrations to a schema of the test, once for each server that the process uses, and reads what they have made.
func templateOf(t testing.TB, server string) *template {
	t.Helper()
	reading.Lock()
	defer reading.Unlock()
	if prepared[server] != nil {
		return prepared[server]
	}
	db := EmptyOn(t, server)
	require.NoError(t, migrations.Up(t.Context(), db.AdminDSN, db.AppDSN))
	made := &template{rows: db.Backup(t)}
	for _, table := range made.rows.tables {
		made.creates = append(made.creates, db.created(t, table.name))
	}
	// Each schema is a separate installation, with another id and secret.
	made.rows.tables = slices.DeleteFunc(made.rows.tables, func(of table) bool { return len(of.rows) == 0 || of.name == "installation" })
	prepared[server] = made
	return made
}

// created returns the statement that creates a table as it is.
func (db *DB) created(t testing.TB, name string) (statement string) {
	t.Helper()
	require.NoError(t, db.SQL.QueryRowContext(t.Context(), "SHOW CREATE TABLE `"+name+"`").Scan(&name, &statement))
	return statement
}

// fill creates the schema of db from the template.
func (made *template) fill(t testing.TB, db *DB) {
	t.Helper()
	db.Create(t)
	connection, err := db.SQL.Conn(t.Context())
	require.NoError(t, err)
	defer func() { require.NoError(t, connection.Close()) }()
	exec(t, connection, "SET FOREIGN_KEY_CHECKS = 0") // tables are in the order of their names
	for _, create := range made.creates {
		exec(t, connection, create)
	}
	for _, table := range made.rows.tables {
		one := "(?" + strings.Repeat(", ?", len(table.columns)-1) + ")"
		exec(t, connection, "INSERT INTO `"+table.name+"` (`"+strings.Join(table.columns, "`, `")+"`) VALUES "+
			one+strings.Repeat(", "+one, len(table.rows)-1), slices.Concat(table.rows...)...)
	}
	exec(t, connection, "SET FOREIGN_KEY_CHECKS = 1")
}
