package devstack

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/go-sql-driver/mysql"
)

const (
	mariaDBReadyLimit = 60 * time.Second // a start after a crash replays the log
	mariaDBStopGrace  = 30 * time.Second // pages are written back
)

// MariaDB is a private database server; MySQL if the machine has that instead.
type MariaDB struct {
	*server
	port int
}

// StartMariaDB starts a server on a free port with its data in dir, which it creates if necessary, and returns when the server
// accepts connections. It installs the package if the machine has no server, which needs root or sudo.
func StartMariaDB(ctx context.Context, dir string, options ...ServerOption) (*MariaDB, error) {
	o := collect(options)
	binary, err := findMariaDB(ctx, o.progress)
	if err != nil {
		return nil, err
	}
	dir, err = filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Join(dir, "tmp"), 0o755); err != nil {
		return nil, err
	}
	settings := binary.settings(dir, o)
	if err := binary.initialise(ctx, dir, settings); err != nil {
		return nil, err
	}
	port, err := orFree(o.port)
	if err != nil {
		return nil, err
	}
	m := &MariaDB{port: port, server: &server{
		command: command{
			name: "MariaDB", path: binary.path, env: os.Environ(), dir: dir, logPath: filepath.Join(dir, "mariadb.log"),
			args: append(settings, "--bind-address=127.0.0.1", "--port="+strconv.Itoa(port)),
			// A regular shutdown, so that the next start has nothing to recover.
			onParentDeath: syscall.SIGTERM,
		},
		readyLimit: mariaDBReadyLimit, stopGrace: mariaDBStopGrace,
	}}
	m.ready = m.answers
	if err := m.start(ctx); err != nil {
		return nil, err
	}
	return m, nil
}

// AdminDSN returns the DSN of root, without a database: root@tcp(127.0.0.1:PORT)/
func (m *MariaDB) AdminDSN() string { return "root@tcp(" + m.Addr() + ")/" }

// Addr returns host:port.
func (m *MariaDB) Addr() string { return loopback(m.port) }

// answers checks that the server accepts a connection.
func (m *MariaDB) answers(ctx context.Context) error {
	config := mysql.NewConfig()
	config.User, config.Net, config.Addr = "root", "tcp", m.Addr()
	config.Timeout, config.ReadTimeout = time.Second, 5*time.Second
	config.Logger = &mysql.NopLogger{} // connections are refused until the server is ready
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return err
	}
	db := sql.OpenDB(connector)
	defer func() { _ = db.Close() }() // nothing is written through it
	return db.PingContext(ctx)
}

// mariaDBBinary is an installed server program.
type mariaDBBinary struct {
	path    string
	isMySQL bool // Oracle's MySQL, which creates its data directory in another way
}

// settings returns the options of both creating the data directory and serving.
func (b mariaDBBinary) settings(dir string, o serverOptions) []string {
	settings := []string{
		"--no-defaults", // ignores the configuration of the machine's server; must be the first option
		"--datadir=" + filepath.Join(dir, "data"),
		// Not shared: a server removes all temporary tables in it at start, including those of other servers.
		"--tmpdir=" + filepath.Join(dir, "tmp"),
		"--socket=server.sock", // relative to the data directory, because the path of a socket has at most 107 bytes
		"--pid-file=server.pid",
		"--max-connections=500",
		"--innodb-buffer-pool-size=256M",
		"--character-set-server=utf8mb4",
		"--innodb-flush-log-at-trx-commit=1",
	}
	if o.binaryLog {
		settings = append(settings, "--log-bin=binlog", "--binlog-format=ROW", "--server-id=1", "--sync-binlog=1")
	} else {
		settings = append(settings, "--skip-log-bin") // no replicas
	}
	if os.Geteuid() == 0 {
		settings = append(settings, "--user=root") // without it the server refuses to run as root
	}
	if b.isMySQL {
		// No second port, and no directory for files: distributions configure one that the server's package does not
		// create.
		settings = append(settings, "--mysqlx=OFF", "--secure-file-priv=NULL")
	} else {
		settings = append(settings, "--skip-name-resolve")
	}
	if o.forTests {
		// 2 and not 0: each commit reaches the operating system, so that it survives SIGKILL of the server.
		settings = append(settings, "--innodb-flush-log-at-trx-commit=2", "--innodb-flush-method=nosync")
		if b.isMySQL {
			settings = append(settings, "--innodb-redo-log-capacity=64M")
		} else {
			settings = append(settings, "--innodb-log-file-size=32M")
		}
	}
	return settings
}

// initialise creates the data directory. An incomplete one has no mark and is created again.
func (b mariaDBBinary) initialise(ctx context.Context, dir string, settings []string) error {
	mark, data := filepath.Join(dir, "initialised"), filepath.Join(dir, "data")
	if _, err := os.Stat(mark); err == nil {
		return nil
	}
	if err := os.RemoveAll(data); err != nil {
		return err
	}
	var cmd *exec.Cmd
	if b.isMySQL {
		cmd = exec.CommandContext(ctx, b.path, append(settings, "--initialize-insecure")...)
	} else {
		installer, err := lookup("mariadb-install-db", "mysql_install_db")
		if err != nil {
			return fmt.Errorf("%w; it comes with the packages mariadb-server-core and mariadb-client-core", err)
		}
		// root has no password and is reachable on loopback only. Anonymous users would hide ours.
		cmd = exec.CommandContext(ctx, installer, append(settings, "--auth-root-authentication-method=normal", "--skip-test-db")...)
	}
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("create MariaDB's data directory %s: %w\n%s", data, err, strings.TrimSpace(string(output)))
	}
	return os.WriteFile(mark, nil, 0o644)
}
