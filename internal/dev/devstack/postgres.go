package devstack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	postgresReadyLimit = 60 * time.Second
	postgresStopGrace  = 20 * time.Second
	// postgresUser owns the server's data, and is the name of its administrator, who has no password and is reachable on loopback only.
	postgresUser = "postgres"
)

// Postgres is a private PostgreSQL server.
type Postgres struct {
	*server
	port     int
	programs string // the directory of its programs
	home     string // the directory of its data
}

// StartPostgres starts a server on a free port with new data and returns when it accepts connections; Stop removes the data. It installs
// the package if the machine has no server, which needs root or sudo.
func StartPostgres(ctx context.Context, options ...ServerOption) (*Postgres, error) {
	o := collect(options)
	programs, err := findPostgres(ctx, o.progress)
	if err != nil {
		return nil, err
	}
	port, err := orFree(o.port)
	if err != nil {
		return nil, err
	}
	// Not below var/: as another user than root, the server might not reach it.
	home, err := os.MkdirTemp("", "farebook-postgres-")
	if err != nil {
		return nil, err
	}
	p := &Postgres{port: port, programs: programs, home: home, server: &server{
		command: command{
			name: "PostgreSQL", path: filepath.Join(programs, "postgres"), env: os.Environ(), dir: home,
			logPath: filepath.Join(home, "postgres.log"), args: postgresArguments(home, port, o),
			onParentDeath: syscall.SIGQUIT, // its data is not kept
		},
		readyLimit: postgresReadyLimit, stopGrace: postgresStopGrace,
	}}
	p.ready = p.answers
	if err := p.initialise(ctx); err != nil {
		return nil, errors.Join(err, os.RemoveAll(home))
	}
	return p, p.start(ctx)
}

func postgresArguments(home string, port int, o serverOptions) []string {
	args := []string{
		"-D", filepath.Join(home, "data"), "-h", "127.0.0.1", "-p", strconv.Itoa(port), "-k", "", // no socket
		"-c", "max_connections=300", "-c", "shared_buffers=256MB",
	}
	if o.forTests {
		args = append(args, "-c", "fsync=off") // a commit reaches the operating system, as for MariaDB
	}
	return args
}

// initialise creates the data. The server refuses to run as root, so that root creates and runs it as the user of the package.
func (p *Postgres) initialise(ctx context.Context) error {
	initdb := exec.CommandContext(ctx, filepath.Join(p.programs, "initdb"), "--pgdata", filepath.Join(p.home, "data"),
		"--username", postgresUser, "--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync")
	initdb.Dir = p.home
	if os.Geteuid() == 0 {
		owner, err := credential(postgresUser)
		if err != nil {
			return err
		}
		if err := os.Chown(p.home, int(owner.Uid), int(owner.Gid)); err != nil {
			return err
		}
		p.command.user = owner
		initdb.SysProcAttr = &syscall.SysProcAttr{Credential: owner}
	}
	if output, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("create PostgreSQL's data directory: %w\n%s", err, strings.TrimSpace(string(output)))
	}
	return nil
}

func credential(name string) (*syscall.Credential, error) {
	found, err := user.Lookup(name)
	if err != nil {
		return nil, err
	}
	uid, uidErr := strconv.ParseUint(found.Uid, 10, 32)
	gid, gidErr := strconv.ParseUint(found.Gid, 10, 32)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, errors.Join(uidErr, gidErr)
}

// answers checks that the server accepts a connection.
func (p *Postgres) answers(ctx context.Context) error {
	ask := exec.CommandContext(ctx, filepath.Join(p.programs, "pg_isready"), "-h", "127.0.0.1", "-p", strconv.Itoa(p.port))
	output, err := ask.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, strings.TrimSpace(string(output)))
	}
	return nil
}

// Stop ends the server and removes its data.
func (p *Postgres) Stop() error { return errors.Join(p.server.Stop(), os.RemoveAll(p.home)) }

// Version is that of the server: "15.18".
func (p *Postgres) Version(ctx context.Context) (string, error) {
	output, err := exec.CommandContext(ctx, p.command.path, "--version").Output() // postgres (PostgreSQL) 15.18 (Debian ...)
	fields := strings.Fields(string(output))
	if err != nil || len(fields) < 3 {
		return "", fmt.Errorf("%s --version: %q: %w", p.command.path, output, err)
	}
	return fields[2], nil
}

// findPostgres returns the directory with the programs of the newest installed version.
func findPostgres(ctx context.Context, progress io.Writer) (string, error) {
	installed := func() string {
		found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb") // the pattern is valid
		slices.Sort(found)
		if len(found) == 0 {
			return ""
		}
		return filepath.Dir(found[len(found)-1])
	}
	if installed() == "" {
		if err := aptInstall(ctx, progress, "postgresql"); err != nil {
			return "", err
		}
	}
	if installed() == "" {
		return "", errors.New("the package postgresql has no initdb below /usr/lib/postgresql")
	}
	return installed(), nil
}
