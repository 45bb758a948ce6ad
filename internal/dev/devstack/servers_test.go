package devstack_test

import (
	"database/sql"
	"net"
	"path/filepath"
	"testing"

	_ "github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"farebook/internal/dev/devstack"
)

// A killed database has all commits when it is started again on the same port and data, although ForTests does not flush them to
// disk.
func TestMariaDBSurvivesKill(t *testing.T) {
	t.Parallel()
	m, err := devstack.StartMariaDB(t.Context(), filepath.Join(t.TempDir(), "mariadb"), devstack.ForTests())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, m.Kill()) })
	db, err := sql.Open("mysql", m.AdminDSN())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	for _, statement := range []string{
		"CREATE DATABASE kept", "CREATE TABLE kept.rows (id INT PRIMARY KEY) ENGINE=InnoDB",
		"INSERT INTO kept.rows VALUES (1)",
	} {
		_, err := db.ExecContext(t.Context(), statement)
		require.NoError(t, err)
	}

	died := m.Done()
	require.NoError(t, m.Kill())
	<-died
	require.Error(t, db.PingContext(t.Context()))
	require.NoError(t, m.Restart(t.Context()))
	var rows int
	require.NoError(t, db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM kept.rows").Scan(&rows))
	require.Equal(t, 1, rows)
	require.NoError(t, m.Stop())
	require.Error(t, db.PingContext(t.Context()))
}

func TestMariaDBListensOnLoopbackOnlyAndHasNoAnonymousUsers(t *testing.T) {
	t.Parallel()
	m, err := devstack.StartMariaDB(t.Context(), t.TempDir(), devstack.ForTests())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, m.Kill()) })
	host, _, err := net.SplitHostPort(m.Addr())
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1", host)
	db, err := sql.Open("mysql", m.AdminDSN())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	var anonymous int
	require.NoError(t, db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM mysql.user WHERE User = ''").Scan(&anonymous))
	require.Zero(t, anonymous)
	var bind string
	require.NoError(t, db.QueryRowContext(t.Context(), "SELECT @@bind_address").Scan(&bind))
	require.Equal(t, "127.0.0.1", bind)
}

func TestAServerThatCannotStartSaysWhy(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, taken.Close()) })
	port := taken.Addr().(*net.TCPAddr).Port
	_, err = devstack.StartMariaDB(t.Context(), t.TempDir(), devstack.WithPort(port), devstack.ForTests())
	require.ErrorContains(t, err, "MariaDB ended")
	require.ErrorContains(t, err, "Address already in use")
}

// A workflow that started before the server was killed exists after its restart.
func TestTemporalSurvivesKill(t *testing.T) {
	t.Parallel()
	server, err := devstack.StartTemporal(t.Context(), filepath.Join(t.TempDir(), "temporal"), devstack.ForTests())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Kill()) })
	require.NotEmpty(t, server.UIURL())
	c, err := client.DialContext(t.Context(), client.Options{HostPort: server.Address()})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	reference := temporal.NewSearchAttributeKeyKeyword("BookingReference")
	_, err = c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
		ID: "kept", TaskQueue: "nobody", TypedSearchAttributes: temporal.NewSearchAttributes(reference.ValueSet("FB-1")),
	}, "Kept")
	require.NoError(t, err)

	require.NoError(t, server.Kill())
	require.NoError(t, server.Restart(t.Context()))
	described, err := c.DescribeWorkflowExecution(t.Context(), "kept", "")
	require.NoError(t, err)
	require.Equal(t, enums.WORKFLOW_EXECUTION_STATUS_RUNNING, described.GetWorkflowExecutionInfo().GetStatus())
	require.NoError(t, server.Stop())
}
