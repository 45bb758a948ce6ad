package test

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"

	"farebook/internal/dev/devstack"
	"farebook/internal/dev/testkit"
)

// startDatabase starts a database server for this benchmark alone, on which testkit makes its schemas.
func startDatabase(b *testing.B, options ...devstack.ServerOption) *devstack.MariaDB {
	b.Helper()
	database, err := devstack.StartMariaDB(b.Context(), filepath.Join(b.TempDir(), "mariadb"), options...)
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, database.Kill()) })
	b.Setenv("FAREBOOK_TEST_MYSQL_DSN", database.AdminDSN())
	return database
}

// startTemporal starts a development server of Temporal for this benchmark alone; folder has its database.
func startTemporal(b *testing.B, options ...devstack.ServerOption) (temporal *devstack.Temporal, folder string) {
	b.Helper()
	folder = filepath.Join(b.TempDir(), "temporal")
	temporal, err := devstack.StartTemporal(b.Context(), folder, append(options, devstack.Headless())...)
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, temporal.Kill()) })
	return temporal, folder
}

// benchServers are what the systems of a benchmark share.
type benchServers struct {
	name     string // of the file with the result
	database *devstack.MariaDB
	temporal interface{ Address() string }
	engine   clocks // Temporal's
	store    string // where Temporal keeps its data, in words
	flushed  bool
}

// startBenchServers starts them. FAREBOOK_BENCH_FLUSH flushes every commit to the disk, as a production server does; without it, a commit
// reaches the operating system, so that the disk of the machine decides nothing. FAREBOOK_BENCH_SERVER is what Temporal runs on.
func startBenchServers(b *testing.B) benchServers {
	b.Helper()
	s := benchServers{name: "sqlite", store: "SQLite", flushed: os.Getenv("FAREBOOK_BENCH_FLUSH") != ""}
	var options []devstack.ServerOption
	if !s.flushed {
		options = append(options, devstack.ForTests())
	}
	s.database = startDatabase(b, options...)
	if name := os.Getenv("FAREBOOK_BENCH_SERVER"); name != "" && name != s.name {
		s.name = name
		s.startCluster(b, options)
		return s
	}
	temporal, _ := startTemporal(b, options...)
	s.temporal, s.engine = temporal, clocks{"Temporal": cpuClock(temporal.Pid)}
	return s
}

// startCluster starts Temporal's server as installations have it, on PostgreSQL or on the database server that Farebook has.
func (s *benchServers) startCluster(b *testing.B, options []devstack.ServerOption) {
	b.Helper()
	s.engine = clocks{}
	var store devstack.SQLStore
	switch s.name {
	case "postgres":
		postgres, err := devstack.StartPostgres(b.Context(), options...)
		require.NoError(b, err)
		b.Cleanup(func() { require.NoError(b, postgres.Stop()) })
		version, err := postgres.Version(b.Context())
		require.NoError(b, err)
		store, s.store, s.engine["PostgreSQL"] = postgres.Store(), "PostgreSQL "+version+" with four shards", family(postgres.Pid)
	case "mysql":
		store, s.store = s.database.Store(), "Farebook's database server with four shards"
	default:
		require.Fail(b, "SERVER must be sqlite, postgres or mysql", s.name)
	}
	temporal, err := devstack.StartTemporalCluster(b.Context(), filepath.Join(b.TempDir(), "temporal"), store, options...)
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, temporal.Kill()) })
	s.temporal, s.engine["Temporal"] = temporal, cpuClock(temporal.Pid)
}

// processes adds those of the engine to those of a system.
func (s benchServers) processes(of clocks) clocks {
	maps.Copy(of, s.engine)
	return of
}

// describe says what the servers are. A stack on them asks for their versions.
func (s benchServers) describe(on *testkit.Stack) string {
	on.T.Helper()
	info, err := on.Temporal.WorkflowService().GetSystemInfo(on.T.Context(), &workflowservice.GetSystemInfoRequest{})
	require.NoError(on.T, err)
	flushes := "no commit is flushed to disk"
	if s.flushed {
		flushes = "every commit is flushed to disk"
	}
	return fmt.Sprintf("Temporal %s on %s, MariaDB %s, %s", info.GetServerVersion(), s.store, on.DB.Text(on.T, "SELECT VERSION()"), flushes)
}

// keepConnections lets as many clients keep their connections as there are at most: Go's default keeps two, and the others would measure
// the opening of connections.
func keepConnections(b *testing.B, clients int) {
	b.Helper()
	transport, ok := http.DefaultTransport.(*http.Transport)
	require.True(b, ok)
	before := transport.MaxIdleConnsPerHost
	transport.MaxIdleConnsPerHost = clients
	b.Cleanup(func() { transport.MaxIdleConnsPerHost = before })
}
