// Command with-servers starts a private MariaDB and a private Temporal, runs a command with their addresses in
// FAREBOOK_TEST_MYSQL_DSN and FAREBOOK_TEST_TEMPORAL_ADDRESS, and ends them. If one of these variables is set, the command uses
// that server and no other is started.
//
//	with-servers -- go test ./...
//	with-servers -mysql -- go test ./store/...
//	with-servers -postgres -- go test ./test -run TestTwoBuilds
//
// -postgres starts Temporal's server as installations have it, on PostgreSQL, instead of its development server. -mysql starts MySQL
// instead of MariaDB: the server that MYSQLD names, or the one that is unpacked from Debian's package into var/mysql. The command finds it
// in MYSQLD too, for tests that start a server for themselves.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"farebook/internal/dev/devstack"
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
	flags := flag.NewFlagSet("with-servers", flag.ContinueOnError)
	onMySQL := flags.Bool("mysql", false, "start MySQL instead of MariaDB")
	onPostgres := flags.Bool("postgres", false, "start Temporal's server on PostgreSQL instead of its development server")
	if err := flags.Parse(args); err != nil {
		return 2, err
	}
	args = flags.Args()
	if len(args) == 0 {
		return 2, errors.New("the command to run is missing: with-servers -- go test ./store")
	}
	if err := devstack.DieWithParent(); err != nil {
		return 1, err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	if *onMySQL {
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
	s, err := devstack.StartTestServers(ctx, dir, devstack.TestServerSet{
		Database: os.Getenv(devstack.TestDatabaseVariable) == "", Temporal: os.Getenv(devstack.TestTemporalVariable) == "",
		OnPostgres: *onPostgres,
	})
	if err != nil {
		return 1, errors.Join(err, remove())
	}
	defer func() { err = errors.Join(err, s.Kill(), remove()) }()
	return devstack.RunCommand(ctx, append(os.Environ(), s.Env()...), args[0], args[1:]...)
}
