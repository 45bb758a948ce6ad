package test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testdb"
	"farebook/internal/dev/testkit"
	"farebook/migrations"
)

// A transaction keeps the ledger from being changed. `starter migrate` says so, Ctrl-C stops it, and the next call completes it.
func TestMigrateIsStoppedWhileItWaits(t *testing.T) {
	t.Parallel()
	db := testdb.Empty(t)
	require.NoError(t, migrations.UpTo(t.Context(), db.AdminDSN, db.AppDSN, 29))
	holder, err := db.SQL.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	t.Cleanup(func() { _ = holder.Rollback() }) // before the schema is dropped, which would wait for it
	var rows int
	require.NoError(t, holder.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM financial_ledger").Scan(&rows))
	s := testkit.New(t, testkit.Options{Database: db})
	migrate := func() (*exec.Cmd, *testkit.Buffer) {
		command, output := s.MigrateCommand(), &testkit.Buffer{}
		command.Stdout, command.Stderr = output, output
		require.NoError(t, command.Start())
		return command, output
	}

	stopped, output := migrate()
	s.Eventually(func() bool { return strings.Contains(output.String(), "has had a transaction open for") },
		"it does not say what it waits for: %s", output)
	require.NoError(t, stopped.Process.Signal(os.Interrupt))
	var exit *exec.ExitError
	require.ErrorAs(t, stopped.Wait(), &exit)
	require.Equal(t, 130, exit.ExitCode(), "%s", output)
	require.Contains(t, output.String(), "the migration has stopped: `starter migrate` continues from there")

	require.NoError(t, holder.Rollback())
	again, output := migrate()
	require.NoError(t, again.Wait(), "%s", output)
}
