// Command with-servers starts a private MariaDB and a private Temporal, runs a command with their addresses in
// FAREBOOK_TEST_MYSQL_DSN and FAREBOOK_TEST_TEMPORAL_ADDRESS, and ends them. If one of these variables is set, the command uses
// that server and no other is started.
//
//	with-servers -- go test ./...
//	with-servers -mysql -- go test ./store/...
//
// -mysql starts MySQL instead: the server that MYSQLD names, or the one that is unpacked from Debian's package into var/mysql. The command
// finds it in MYSQLD too, for tests that start a server for themselves.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"golang.org/x/sync/errgroup"

	"farebook/internal/dev/devstack"
)

const (
	mysqlVariable    = "FAREBOOK_TEST_MYSQL_DSN"
	temporalVariable = "FAREBOOK_TEST_TEMPORAL_ADDRESS"
)

func main() {
	status, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "with-servers:", err)
		status = 1
	}
	os.Exit(status)
}

func run(args []string) (status int, err error) {
	onMySQL := len(args) > 0 && args[0] == "-mysql"
	if onMySQL {
		args = args[1:]
	}
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		return 2, errors.New("the command to run is missing: with-servers -- go test ./store")
	}
	if err := devstack.DieWithParent(); err != nil {
		return 1, err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	if onMySQL {
		path, err := devstack.FindMySQL(ctx, os.Stderr)
		if err == nil {
			err = os.Setenv(devstack.MySQLVariable, path)
		}
		if err != nil {
			return 1, err
		}
	}
	dir, remove, err := devstack.Scratch()
	if err != nil {
		return 1, err
	}
	s := &servers{}
	defer func() { err = errors.Join(err, s.stop(), remove()) }()
	if err := s.start(ctx, dir); err != nil {
		return 1, err
	}
	return devstack.RunCommand(ctx, append(os.Environ(), s.env...), args[0], args[1:]...)
}

type servers struct {
	mariaDB  *devstack.MariaDB
	temporal *devstack.Temporal
	env      []string
}

func (s *servers) start(ctx context.Context, dir string) error {
	var group errgroup.Group
	if os.Getenv(mysqlVariable) == "" {
		group.Go(func() (err error) {
			s.mariaDB, err = devstack.StartMariaDB(ctx, filepath.Join(dir, "mariadb"), devstack.ForTests())
			return err
		})
	}
	if os.Getenv(temporalVariable) == "" {
		group.Go(func() (err error) {
			s.temporal, err = devstack.StartTemporal(ctx, filepath.Join(dir, "temporal"), devstack.ForTests(), devstack.Headless())
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if s.mariaDB != nil {
		s.env = append(s.env, mysqlVariable+"="+s.mariaDB.AdminDSN())
	}
	if s.temporal != nil {
		s.env = append(s.env, temporalVariable+"="+s.temporal.Address())
	}
	return nil
}

// stop kills the servers, because their data is not kept.
func (s *servers) stop() error {
	var errs []error
	if s.mariaDB != nil {
		errs = append(errs, s.mariaDB.Kill())
	}
	if s.temporal != nil {
		errs = append(errs, s.temporal.Kill())
	}
	return errors.Join(errs...)
}
