package main

import (
	"context"
	"errors"
	"os"

	"farebook/internal/dev/devstack"
)

// column is a combination of servers.
type column struct {
	key   string
	title string // until the servers have said their versions
	// onMySQL and onPostgres choose other servers than MariaDB, and Temporal's development server on SQLite.
	onMySQL, onPostgres bool
	noServer            bool
}

const (
	withoutServer  = "code"
	mariaDBSQLite  = "mariadb-sqlite"
	mySQLSQLite    = "mysql-sqlite"
	mariaDBCluster = "mariadb-postgres"
	mySQLCluster   = "mysql-postgres"
)

var columns = []column{
	{key: withoutServer, title: "no server", noServer: true},
	{key: mariaDBSQLite, title: "MariaDB, Temporal with SQLite"},
	{key: mySQLSQLite, title: "MySQL, Temporal with SQLite", onMySQL: true},
	{key: mariaDBCluster, title: "MariaDB, Temporal with PostgreSQL", onPostgres: true},
	{key: mySQLCluster, title: "MySQL, Temporal with PostgreSQL", onMySQL: true, onPostgres: true},
}

// servers are those of a column, running.
type servers struct {
	description string
	env         []string
	stop        func() error
}

// start starts the servers of a column. missing says why one of them cannot be had on this machine.
func (c column) start(ctx context.Context) (running servers, missing, err error) {
	if c.noServer {
		return servers{description: c.title, env: os.Environ(), stop: func() error { return nil }}, nil, nil
	}
	mysqld := os.Getenv(devstack.MySQLVariable)
	restore := func() error { return os.Setenv(devstack.MySQLVariable, mysqld) }
	server := ""
	if c.onMySQL {
		if server, missing = devstack.FindMySQL(ctx, os.Stderr); missing != nil {
			return running, missing, ctx.Err()
		}
	}
	// Tests that start a database server for themselves take that of the column too.
	if err := os.Setenv(devstack.MySQLVariable, server); err != nil {
		return running, nil, err
	}
	dir, remove, err := devstack.Scratch()
	if err != nil {
		return running, nil, errors.Join(err, restore())
	}
	started, missing := devstack.StartTestServers(ctx, dir, devstack.TestServerSet{Database: true, Temporal: true, OnPostgres: c.onPostgres})
	if missing != nil {
		return running, missing, errors.Join(ctx.Err(), remove(), restore())
	}
	stop := func() error { return errors.Join(started.Kill(), remove(), restore()) }
	description, err := started.Describe(ctx)
	if err != nil {
		return running, nil, errors.Join(err, stop())
	}
	return servers{description: description, env: append(os.Environ(), started.Env()...), stop: stop}, nil, nil
}
