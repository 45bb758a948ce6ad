package command_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"

	"farebook/internal/clock"
	"farebook/internal/config"
	"farebook/internal/dev/testdb"
	"farebook/starter/command"
)

// A running API follows the password in DATABASE_DSN_FILE: after a rotation it is ready again without a restart.
func TestRunningAPIFollowsARotatedPassword(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	dsn, err := mysql.ParseDSN(db.AppDSN)
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "DATABASE_DSN")
	require.NoError(t, os.WriteFile(file, []byte(db.AppDSN+"\n"), 0o600))
	cfg, _, err := config.LoadFrom([]string{
		"DATABASE_DSN_FILE=" + file, "TEMPORAL_ADDRESS=127.0.0.1:1", "FAREBOOK_TASK_QUEUE=" + db.Name, "ADMIN_ADDR=none",
	})
	require.NoError(t, err)
	handler, closeAPI, err := command.NewAPI(t.Context(), cfg, clock.System{}, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	t.Cleanup(closeAPI)
	ready := func() int {
		response := httptest.NewRecorder()
		handler.ServeHTTP(response, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/readyz/webhooks", nil))
		return response.Code
	}
	require.Equal(t, http.StatusOK, ready())

	// A server that restarts with the new password, before the file has it.
	db.Exec(t, "ALTER USER '"+dsn.User+"'@'%' IDENTIFIED BY 'rotated'")
	endConnections(t, db, dsn.User)
	require.Equal(t, http.StatusServiceUnavailable, ready())

	dsn.Passwd = "rotated"
	require.NoError(t, os.WriteFile(file, []byte(dsn.FormatDSN()), 0o600))
	require.Equal(t, http.StatusOK, ready())
}

// endConnections ends all connections of a database user.
func endConnections(t *testing.T, db *testdb.DB, user string) {
	t.Helper()
	rows, err := db.SQL.QueryContext(t.Context(), "SELECT id FROM information_schema.processlist WHERE user = ?", user)
	require.NoError(t, err)
	var ids []int64
	for rows.Next() {
		var id int64
		require.NoError(t, rows.Scan(&id))
		ids = append(ids, id)
	}
	require.NoError(t, rows.Err())
	require.NoError(t, rows.Close())
	require.NotEmpty(t, ids)
	for _, id := range ids {
		_, err := db.SQL.ExecContext(t.Context(), "KILL ?", id)
		var gone *mysql.MySQLError
		if err != nil {
			require.ErrorAs(t, err, &gone)
			require.EqualValues(t, 1094, gone.Number, "it had ended already")
		}
	}
}
