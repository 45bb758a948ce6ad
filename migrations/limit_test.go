package migrations_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testdb"
	"farebook/internal/sqlsession"
	"farebook/migrations"
)

// A server whose configuration limits statements limits those that serve requests: DDL on a large table takes its time, and ending it
// half way would leave the schema between two versions.
func TestMigrationsHaveNoStatementLimit(t *testing.T) {
	t.Parallel()
	db := testdb.Empty(t)
	limit := "&max_execution_time=1"
	if (sqlsession.Session{Version: serverVersion(t)}).MariaDB() {
		limit = "&max_statement_time=0.0001"
	}
	require.NoError(t, migrations.Up(t.Context(), db.AdminDSN+limit, db.AppDSN))
}

func serverVersion(t *testing.T) string {
	t.Helper()
	return testdb.New(t).Text(t, "SELECT VERSION()")
}
