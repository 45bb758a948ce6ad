package test

import (
	"database/sql"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testkit"
)

// dumped writes the database as mysqldump does: tables with their rows, binary values in hexadecimal (--hex-blob).
func dumped(s *testkit.Stack) string {
	s.T.Helper()
	var out strings.Builder
	out.WriteString("-- MySQL dump\n/*!40014 SET FOREIGN_KEY_CHECKS=0 */;\n/*!40101 SET SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;\nUSE `" + s.DB.Name +
		"`;\n")
	for table := range strings.SplitSeq(s.DB.Text(s.T, "SELECT GROUP_CONCAT(table_name) FROM information_schema.tables WHERE table_schema = "+
		"DATABASE() AND table_type = 'BASE TABLE'"), ",") {
		var name, create string
		require.NoError(s.T, s.DB.SQL.QueryRowContext(s.T.Context(), "SHOW CREATE TABLE `"+table+"`").Scan(&name, &create))
		fmt.Fprintf(&out, "DROP TABLE IF EXISTS `%s`;\n%s;\n", table, create)
		dumpRows(s, &out, table)
	}
	out.WriteString("-- Dump completed\n")
	return out.String()
}

// dumpRows writes the rows of a table, without generated columns.
func dumpRows(s *testkit.Stack, out *strings.Builder, table string) {
	s.T.Helper()
	columns := s.DB.Text(s.T, "SELECT GROUP_CONCAT(CONCAT('`', column_name, '`') ORDER BY ordinal_position) FROM information_schema.columns "+
		"WHERE table_schema = DATABASE() AND table_name = ? AND COALESCE(generation_expression, '') = ''", table)
	rows, err := s.DB.SQL.QueryContext(s.T.Context(), "SELECT "+columns+" FROM `"+table+"`")
	require.NoError(s.T, err)
	defer func() { require.NoError(s.T, rows.Close()) }()
	into := make([]any, strings.Count(columns, ",")+1)
	for i := range into {
		into[i] = &sql.RawBytes{}
	}
	for rows.Next() {
		require.NoError(s.T, rows.Scan(into...))
		values := make([]string, len(into))
		for i, value := range into {
			raw := *value.(*sql.RawBytes)
			values[i] = "NULL"
			if raw != nil {
				values[i] = "''"
			}
			if len(raw) > 0 {
				values[i] = "CAST(0x" + hex.EncodeToString(raw) + " AS CHAR CHARACTER SET binary)"
			}
		}
		fmt.Fprintf(out, "INSERT INTO `%s` (%s) VALUES (%s);\n", table, columns, strings.Join(values, ","))
	}
	require.NoError(s.T, rows.Err())
}

// A dump that is cut off, changed or not of Farebook is refused, one that holds together is not, and nothing of the check stays on the
// server.
func TestBackupsAreChecked(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	s.BookAndPay("backed up", nil)
	s.AwaitQuiet()
	out, err := starterWith(s, "ledger", "seal")
	require.NoError(t, err, out)
	whole := dumped(s)
	check := func(dump string) (int, string) {
		t.Helper()
		file := filepath.Join(t.TempDir(), "dump.sql")
		require.NoError(t, os.WriteFile(file, []byte(dump), 0o600))
		command := s.StarterCommand("backup", "check", file)
		command.Env = append(command.Env, "DATABASE_ADMIN_DSN="+s.DB.AdminDSN)
		return ended(t, command)
	}
	code, said := check(whole)
	require.Zero(t, code, said)
	require.Contains(t, said, "The dump is complete")
	require.NotContains(t, said, "NO ")
	for name, c := range map[string]struct{ dump, says string }{
		"cut off":          {whole[:strings.LastIndex(whole, ";\n-- Dump")], "not complete"},
		"another database": {"CREATE TABLE t (id INT);", "not one of Farebook's"},
		"no identity":      {whole + "DELETE FROM installation;\n", "installation"},
		"a changed amount": {whole + "UPDATE ledger_entries SET amount = amount + 1 LIMIT 1;\n", "NO"},
		"a changed text":   {whole + "UPDATE financial_ledger SET description = 'changed' LIMIT 1;\n", "NO"},
		"a lost key":       {whole + "UPDATE bookings SET status = 'refunded';\n", "NO"},
	} {
		code, said := check(c.dump)
		require.Equal(t, 1, code, "%s: %s", name, said)
		require.Contains(t, said, c.says, name)
	}
	for _, left := range []string{
		"information_schema.schemata WHERE schema_name LIKE 'farebook\\_check\\_%'", "mysql.user WHERE user LIKE 'farebook\\_check\\_%'",
	} { // those of other tests on the server go, and ours would stay
		s.Eventually(func() bool { return s.DB.Count(t, "SELECT COUNT(*) FROM "+left) == 0 }, "the check leaves something in %s", left)
	}
}
