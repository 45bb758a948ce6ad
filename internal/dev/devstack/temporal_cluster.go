package devstack

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"text/template"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/types/known/durationpb"

	"farebook/internal/dev/freeport"
)

// TemporalCluster is the server of installations: all services in one process, with four shards, on an SQL database.
type TemporalCluster struct {
	*server
	port int
}

// SQLStore is the database of a TemporalCluster.
type SQLStore struct {
	Plugin string // the server's: postgres12, mysql8
	Schema string // the folder of its tables: postgresql/v12, mysql/v8
	User   string // who has no password
	Addr   string // host:port
}

// Store is the server as a database of Temporal.
func (p *Postgres) Store() SQLStore {
	return SQLStore{"postgres12", "postgresql/v12", postgresUser, loopback(p.port)}
}

// Store is the server as a database of Temporal, which takes MySQL and not MariaDB.
func (m *MariaDB) Store() SQLStore { return SQLStore{"mysql8", "mysql/v8", "root", m.Addr()} }

const clusterReadyLimit = 90 * time.Second // its services find one another first

//go:embed temporal_cluster.yaml
var clusterConfig string

var clusterTemplate = template.Must(template.New("cluster").Parse(clusterConfig))

// clusterDynamicConfig has the limits of the development server, and no pause before a new namespace is known.
const clusterDynamicConfig = `frontend.namespaceRPS:
  - value: 100000
frontend.rps:
  - value: 100000
system.namespaceCacheRefreshInterval:
  - value: 1s
`

// clusterTestConfig is what ForTests changes: the settings of StartTemporal.
const clusterTestConfig = `limit.historyCount.suggestContinueAsNew:
  - value: 200
matching.wv.VersionDrainageStatusVisibilityGracePeriod:
  - value: 1s
matching.wv.VersionDrainageStatusRefreshInterval:
  - value: 1s
`

// The databases of a store.
const (
	clusterDatabase    = "temporal"
	clusterVisibility  = "temporal_visibility"
	visibilityTables   = "visibility"
	clusterEnvironment = "farebook"
)

// StartTemporalCluster makes the tables of a new store, starts the server with its files in dir, and returns when it accepts workflows. It
// builds server and tool from their modules if var/bin does not have them, which takes minutes.
func StartTemporalCluster(ctx context.Context, dir string, store SQLStore, options ...ServerOption) (*TemporalCluster, error) {
	o := collect(options)
	binary, err := built(ctx, o.progress, "temporal-server-"+temporalVersion, temporalServerModule, "Temporal's server "+temporalVersion)
	if err != nil {
		return nil, err
	}
	tool, err := built(ctx, o.progress, "temporal-sql-tool-"+temporalVersion, temporalSchemaModule, "Temporal's SQL tool")
	if err != nil {
		return nil, err
	}
	for database, tables := range map[string]string{clusterDatabase: "temporal", clusterVisibility: visibilityTables} {
		if err := store.create(ctx, tool, database, tables); err != nil {
			return nil, err
		}
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, err
	}
	t := &TemporalCluster{server: &server{readyLimit: clusterReadyLimit, stopGrace: temporalStopGrace}}
	t.ready = t.prepare
	if t.port, err = writeClusterConfig(dir, store, o.forTests); err != nil {
		return nil, err
	}
	t.command = command{
		name: "Temporal", path: binary, dir: dir, logPath: filepath.Join(dir, "temporal.log"), env: withoutPrefix(os.Environ(), "TEMPORAL_"),
		args:          []string{"--root", dir, "--config", ".", "--env", clusterEnvironment, "--allow-no-auth", "start"},
		onParentDeath: syscall.SIGKILL,
	}
	return t, t.start(ctx)
}

// create makes a database and its tables.
func (s SQLStore) create(ctx context.Context, tool, database, tables string) error {
	host, port, err := net.SplitHostPort(s.Addr)
	if err != nil {
		return err
	}
	for _, step := range [][]string{
		{"create-database"}, {"setup-schema", "--version", "0.0"}, {"update-schema", "--schema-name", s.Schema + "/" + tables},
	} {
		args := append([]string{"--endpoint", host, "--port", port, "--user", s.User, "--plugin", s.Plugin, "--database", database}, step...)
		output, err := exec.CommandContext(ctx, tool, args...).CombinedOutput()
		if err != nil {
			return fmt.Errorf("temporal-sql-tool %s of %s: %w\n%s", step[0], database, err, strings.TrimSpace(string(output)))
		}
	}
	return nil
}

// writeClusterConfig writes the server's files, with free ports for its services, and returns the port of its API.
func writeClusterConfig(dir string, store SQLStore, forTests bool) (api int, err error) {
	var ports [8]int
	for i := range ports {
		if ports[i], err = freeport.Next(); err != nil {
			return 0, err
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return 0, err
	}
	var text strings.Builder
	if err := clusterTemplate.Execute(&text, map[string]any{
		"Store": store, "Database": clusterDatabase, "Visibility": clusterVisibility, "Ports": ports,
		"Dynamic": filepath.Join(dir, "dynamic.yaml"),
	}); err != nil {
		return 0, err
	}
	dynamic := clusterDynamicConfig
	if forTests {
		dynamic += clusterTestConfig
	}
	return ports[0], errors.Join(
		os.WriteFile(filepath.Join(dir, clusterEnvironment+".yaml"), []byte(text.String()), 0o600),
		os.WriteFile(filepath.Join(dir, "dynamic.yaml"), []byte(dynamic), 0o600),
	)
}

// Address returns host:port of the gRPC API.
func (t *TemporalCluster) Address() string { return loopback(t.port) }

// prepare creates namespace and search attributes, which the development server does itself, and checks that they are known.
func (t *TemporalCluster) prepare(ctx context.Context) error {
	return askTemporal(ctx, t.Address(), func(ctx context.Context, c client.Client) error {
		_, err := c.WorkflowService().RegisterNamespace(ctx, &workflowservice.RegisterNamespaceRequest{
			Namespace: client.DefaultNamespace, WorkflowExecutionRetentionPeriod: durationpb.New(24 * time.Hour),
		})
		var exists *serviceerror.NamespaceAlreadyExists
		if err != nil && !errors.As(err, &exists) {
			return err
		}
		if hasSearchAttributes(ctx, c) == nil {
			return nil
		}
		attributes := map[string]enums.IndexedValueType{}
		for _, name := range searchAttributes {
			attributes[name] = enums.INDEXED_VALUE_TYPE_KEYWORD
		}
		if _, err := c.OperatorService().AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{
			Namespace: client.DefaultNamespace, SearchAttributes: attributes,
		}); err != nil {
			return err
		}
		return hasSearchAttributes(ctx, c)
	})
}
