package migrations_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testdb"
	"farebook/internal/failpoint"
	"farebook/migrations"
)

// What tells a child process of a test to migrate a database instead of running tests.
const (
	childAdminDSN  = "FAREBOOK_TEST_MIGRATE_ADMIN_DSN"
	childAppDSN    = "FAREBOOK_TEST_MIGRATE_APP_DSN"
	childFailpoint = "FAREBOOK_TEST_MIGRATE_FAILPOINT"
)

func TestMain(m *testing.M) {
	if admin := os.Getenv(childAdminDSN); admin != "" {
		err := failpoint.Arm(os.Getenv(childFailpoint))
		if err == nil {
			err = migrations.Up(context.Background(), admin, os.Getenv(childAppDSN))
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// A migration is killed after each of its statements, which the server has committed, once before it notes that and once after. Each
// following run continues, and the schema is in the end that of a migration that was never killed.
func TestAMigrationThatIsKilledAtEachStatementContinues(t *testing.T) {
	t.Parallel()
	db := testdb.Empty(t)
	require.NoError(t, migrations.UpTo(t.Context(), db.AdminDSN, db.AppDSN, 28))
	want, deaths, markers := 2*statementsAfter(t, 28), 0, t.TempDir() // twice at each statement
	for {
		point := []string{"after-migration-statement", "after-migration-step"}[deaths%2]
		child := exec.CommandContext(t.Context(), os.Args[0])
		child.Env = append(os.Environ(), childAdminDSN+"="+db.AdminDSN, childAppDSN+"="+db.AppDSN,
			fmt.Sprintf("%s=%s@%s", childFailpoint, point, filepath.Join(markers, fmt.Sprint(deaths))))
		output, err := child.CombinedOutput()
		if err == nil {
			break
		}
		require.EqualError(t, err, "signal: killed", "%s", output)
		deaths++
		require.LessOrEqual(t, deaths, want)
	}
	require.Equal(t, want, deaths)
	require.Equal(t, columns(t, testdb.New(t)), columns(t, db))
	require.Zero(t, db.Count(t, "SELECT COUNT(*) FROM migration_steps"))
	for _, table := range []string{"correction_lock", "ledger_opening"} {
		require.Equal(t, 1, db.Count(t, "SELECT COUNT(*) FROM "+table), table)
	}
}

// statementsAfter counts the statements of the migrations after a version.
func statementsAfter(t *testing.T, version int64) int {
	t.Helper()
	names, err := filepath.Glob("sql/*.sql")
	require.NoError(t, err)
	count := 0
	for _, name := range names {
		if filepath.Base(name) < fmt.Sprintf("%04d", version+1) {
			continue
		}
		source, err := os.ReadFile(name)
		require.NoError(t, err)
		count += len(migrations.Statements(string(source)))
	}
	return count
}
