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
	mariaDBReadyLimit = 60 * time.Second // the first start after a crash replays the log
	mariaDBStopGrace  = 30 * time.Second // pages are written back
)

// MariaDB is a private database server (MySQL where the machine has that instead).
type MariaDB struct {
	*server
	port int
}

// StartMariaDB starts a server on a free port with its data in dir, made there if it is not there yet, and returns when
// it answers. Without a server on the machine it installs the package, for which it needs root or sudo.
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
	settings := binary.settings(dir, o.forTests)
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
			// It shuts down in order, so that the next start need not recover.
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

// AdminDSN is root's, without a database: root@tcp(127.0.0.1:PORT)/
func (m *MariaDB) AdminDSN() string { return "root@tcp(" + m.Addr() + ")/" }

// Addr is host:port.
func (m *MariaDB) Addr() string { return loopback(m.port) }

// answers opens a connection, as a client would.
func (m *MariaDB) answers(ctx context.Context) error {
	config := mysql.NewConfig()
	config.User, config.Net, config.Addr = "root", "tcp", m.Addr()
	config.Timeout, config.ReadTimeout = time.Second, 5*time.Second
	config.Logger = &mysql.NopLogger{} // refused connections are expected until it is up
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
	isMySQL bool // Oracle's MySQL, which sets up its data directory in another way
}

// settings are what setting up and serving have in common.
func (b mariaDBBinary) settings(dir string, forTests bool) []string {
	settings := []string{
		"--no-defaults", // nothing of the machine's own server leaks in; has to come first
		"--datadir=" + filepath.Join(dir, "data"),
		// Its own: a server that starts removes the temporary tables that it finds, also those of others that run.
		"--tmpdir=" + filepath.Join(dir, "tmp"),
		"--socket=server.sock", // relative to the data directory: a socket's path may have only 107 bytes
		"--pid-file=server.pid",
		"--max-connections=500",
		"--innodb-buffer-pool-size=256M",
		"--character-set-server=utf8mb4",
		"--skip-log-bin", // no replicas
		"--innodb-flush-log-at-trx-commit=1",
	}
	if os.Geteuid() == 0 {
		settings = append(settings, "--user=root") // it refuses to run as root otherwise
	}
	if b.isMySQL {
		// No second port that nobody asked for, and no folder for files that distributions expect and the server's package
		// alone does not make.
		settings = append(settings, "--mysqlx=OFF", "--secure-file-priv=NULL")
	} else {
		settings = append(settings, "--skip-name-resolve")
	}
	if forTests {
		// 2, not 0: each commit is handed to the operating system, so that it outlives SIGKILL of the server.
		settings = append(settings, "--innodb-flush-log-at-trx-commit=2", "--innodb-flush-method=nosync")
		if b.isMySQL {
			settings = append(settings, "--innodb-redo-log-capacity=64M")
		} else {
			settings = append(settings, "--innodb-log-file-size=32M")
		}
	}
	return settings
}

// initialise makes the data directory. One that was left half made is recognised by the missing mark and made again.
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
		// root without a password, which only loopback can reach; no anonymous users, which would shadow ours.
		cmd = exec.CommandContext(ctx, installer, append(settings, "--auth-root-authentication-method=normal", "--skip-test-db")...)
	}
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("set up MariaDB's data in %s: %w\n%s", data, err, strings.TrimSpace(string(output)))
	}
	return os.WriteFile(mark, nil, 0o644)
}
