package testdb_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testdb"
	"farebook/migrations"
)

// A schema from the template is the one that the migrations make, of another installation.
func TestSchemaFromTheTemplateIsThatOfTheMigrations(t *testing.T) {
	t.Parallel()
	migrated := testdb.Empty(t)
	require.NoError(t, migrations.Up(t.Context(), migrated.AdminDSN, migrated.AppDSN))
	first, second := testdb.New(t), testdb.New(t)
	const tables = `SELECT GROUP_CONCAT(table_name ORDER BY table_name SEPARATOR ' ') FROM information_schema.tables
		WHERE table_schema = DATABASE()`
	require.Equal(t, migrated.Text(t, tables), second.Text(t, tables))
	for _, about := range []string{
		`SELECT GROUP_CONCAT(table_name, column_name, column_type, is_nullable, COALESCE(column_default, '-'), COALESCE(collation_name, '-'),
			extra, COALESCE(generation_expression, '-') ORDER BY table_name, ordinal_position SEPARATOR '\n')
			FROM information_schema.columns WHERE table_schema = DATABASE()`,
		`SELECT GROUP_CONCAT(table_name, index_name, seq_in_index, COALESCE(column_name, '-'), non_unique
			ORDER BY table_name, index_name, seq_in_index SEPARATOR '\n') FROM information_schema.statistics WHERE table_schema = DATABASE()`,
		`SELECT GROUP_CONCAT(table_name, constraint_name, constraint_type ORDER BY table_name, constraint_name SEPARATOR '\n')
			FROM information_schema.table_constraints WHERE table_schema = DATABASE()`,
		`SELECT GROUP_CONCAT(table_name, privilege_type ORDER BY table_name, privilege_type SEPARATOR '\n')
			FROM information_schema.table_privileges WHERE table_schema = DATABASE()`,
	} {
		require.Equal(t, migrated.Text(t, about), second.Text(t, about))
	}
	for _, seeded := range []string{"email_recipient_locks", "correction_lock", "ledger_opening"} {
		require.Equal(t, migrated.Digest(t, seeded), second.Digest(t, seeded), seeded)
	}
	const installation = "SELECT installation_id FROM installation"
	require.NotEqual(t, first.Text(t, installation), second.Text(t, installation))
	require.NoError(t, migrations.Up(t.Context(), second.AdminDSN, second.AppDSN), "nothing is left to migrate")
}
