package migrations_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testdb"
)

// ownTables are those that each database writes for itself.
var ownTables = []string{
	"backfills", "correction_lock", "email_recipient_locks", "goose_db_version", "installation", "ledger_opening", "migration_steps",
	"proof_parts", "proofs",
}

// tablesOf are the tables of a schema whose rows are books, those first to which others refer.
func tablesOf(t *testing.T, db *testdb.DB) []string {
	t.Helper()
	all := db.Texts(t, `SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()
		ORDER BY table_name NOT IN ('bookings', 'financial_ledger'), table_name`)
	return slices.DeleteFunc(all, func(name string) bool { return slices.Contains(ownTables, name) })
}

// columnsOf are the columns of a table that are written.
func columnsOf(t *testing.T, db *testdb.DB, table string) []string {
	t.Helper()
	return db.Texts(t, `SELECT column_name FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = ?
		AND COALESCE(generation_expression, '') = '' ORDER BY ordinal_position`, table)
}

// copyBooks writes the books of this schema as an older version of it has them: the tables and columns that it knows. What it could not
// have is left out: bookings with refunds or disputes before their tables exist, payouts before theirs, and rows without a value that it
// requires. It returns how many rows that are.
func copyBooks(t *testing.T, newest, earlier *testdb.DB) (rows int64) {
	t.Helper()
	connection, err := earlier.SQL.Conn(t.Context())
	require.NoError(t, err)
	defer func() { require.NoError(t, connection.Close()) }()
	_, err = connection.ExecContext(t.Context(), "SET foreign_key_checks = 0, unique_checks = 0")
	require.NoError(t, err)
	tables := tablesOf(t, earlier)
	for _, table := range tables {
		source := newest.Name + "." + table
		columns := strings.Join(columnsOf(t, earlier, table), ", ")
		result, err := connection.ExecContext(t.Context(), "INSERT INTO "+table+" ("+columns+") SELECT "+columns+" FROM "+source+" s WHERE TRUE"+
			possible(t, newest, earlier, table, tables))
		require.NoError(t, err, table)
		copied, err := result.RowsAffected()
		require.NoError(t, err)
		rows += copied
	}
	return rows
}

// possible is the condition for rows s of this schema that an older version can have had.
func possible(t *testing.T, newest, earlier *testdb.DB, table string, tables []string) (conditions string) {
	t.Helper()
	columns := columnsOf(t, newest, table)
	for column, parent := range map[string]string{"booking_id": "bookings", "ledger_id": "financial_ledger"} {
		if slices.Contains(columns, column) && slices.Contains(tables, parent) {
			conditions += " AND (s." + column + " IS NULL OR s." + column + " IN (SELECT id FROM " + parent + "))"
		}
	}
	for _, column := range newest.Texts(t, `SELECT n.column_name FROM information_schema.columns n
		JOIN information_schema.columns e ON e.table_name = n.table_name AND e.column_name = n.column_name
		WHERE n.table_schema = ? AND e.table_schema = ? AND n.table_name = ? AND n.is_nullable = 'YES' AND e.is_nullable = 'NO'`,
		newest.Name, earlier.Name, table) {
		conditions += " AND s." + column + " IS NOT NULL"
	}
	return conditions + later(t, newest, earlier, table, tables)
}

// later is the condition for rows that an older version can have had, by what they need, and for the bookings that the flag -every leaves.
func later(t *testing.T, newest, earlier *testdb.DB, table string, tables []string) (conditions string) {
	t.Helper()
	switch table {
	case "bookings":
		var goesOn []string
		for _, later := range []string{"refunds", "disputes"} {
			of := "s.id IN (SELECT booking_id FROM " + newest.Name + "." + later + ")"
			goesOn = append(goesOn, of)
			if !slices.Contains(tables, later) {
				conditions += " AND NOT " + of
			}
		}
		return conditions + fmt.Sprintf(" AND (MOD(s.id, %d) = 0 OR %s)", *every, strings.Join(goesOn, " OR "))
	case "financial_ledger":
		if !slices.Contains(tables, "payouts") {
			return " AND s.booking_id IS NOT NULL"
		}
	case "emails":
		if !slices.Contains(columnsOf(t, earlier, table), "resent_of") {
			return " AND s.resent_of IS NULL"
		}
	case "ledger_seals":
		// They cover transactions that are left out, or had another form before they had a root.
		if *every > 1 || !slices.Contains(columnsOf(t, earlier, table), "root") {
			return " AND FALSE"
		}
	}
	return ""
}
