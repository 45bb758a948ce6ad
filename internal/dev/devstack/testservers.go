package devstack

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"strings"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"golang.org/x/sync/errgroup"
)

// The variables in which tests find the servers that they share.
const (
	TestDatabaseVariable = "FAREBOOK_TEST_MYSQL_DSN"
	TestTemporalVariable = "FAREBOOK_TEST_TEMPORAL_ADDRESS"
)

// TestServerSet says which servers StartTestServers starts.
type TestServerSet struct {
	Database, Temporal bool
	// OnPostgres starts Temporal's server as installations have it, on PostgreSQL, instead of its development server on SQLite.
	OnPostgres bool
}

// TestServers are servers that tests share. Their data is not kept.
type TestServers struct {
	database *MariaDB
	temporal interface {
		Address() string
		Kill() error
	}
	postgres *Postgres
}

// StartTestServers starts them, with their files in dir, and returns when they accept connections. MySQLVariable decides which database
// server it is.
func StartTestServers(ctx context.Context, dir string, set TestServerSet) (*TestServers, error) {
	s := &TestServers{}
	var group errgroup.Group
	if set.Database {
		group.Go(func() (err error) {
			s.database, err = StartMariaDB(ctx, filepath.Join(dir, "mariadb"), ForTests())
			return err
		})
	}
	if set.Temporal {
		group.Go(func() error { return s.startTemporal(ctx, filepath.Join(dir, "temporal"), set.OnPostgres) })
	}
	if err := group.Wait(); err != nil {
		return nil, errors.Join(err, s.Kill())
	}
	return s, nil
}

func (s *TestServers) startTemporal(ctx context.Context, dir string, onPostgres bool) (err error) {
	if !onPostgres {
		started, err := StartTemporal(ctx, dir, ForTests(), Headless())
		if err == nil {
			s.temporal = started
		}
		return err
	}
	if s.postgres, err = StartPostgres(ctx, ForTests()); err != nil {
		return err
	}
	started, err := StartTemporalCluster(ctx, dir, s.postgres.Store(), ForTests())
	if err == nil {
		s.temporal = started
	}
	return err
}

// Env are the variables for tests.
func (s *TestServers) Env() (env []string) {
	if s.database != nil {
		env = append(env, TestDatabaseVariable+"="+s.database.AdminDSN())
	}
	if s.temporal != nil {
		env = append(env, TestTemporalVariable+"="+s.temporal.Address())
	}
	return env
}

// Kill ends the servers that were started.
func (s *TestServers) Kill() error {
	var errs []error
	if s.temporal != nil {
		errs = append(errs, s.temporal.Kill())
	}
	if s.database != nil {
		errs = append(errs, s.database.Kill())
	}
	if s.postgres != nil {
		errs = append(errs, s.postgres.Stop())
	}
	return errors.Join(errs...)
}

// Describe asks both servers for their versions: "MariaDB 10.11.14, Temporal 1.29.1 with PostgreSQL 15.18".
func (s *TestServers) Describe(ctx context.Context) (string, error) {
	database, err := sql.Open("mysql", s.database.AdminDSN())
	if err != nil {
		return "", err
	}
	defer func() { _ = database.Close() }() // nothing is written through it
	var version string
	if err := database.QueryRowContext(ctx, "SELECT VERSION()").Scan(&version); err != nil {
		return "", err
	}
	number, build, _ := strings.Cut(version, "-")
	name := "MySQL " + number
	if strings.Contains(build, "MariaDB") {
		name = "MariaDB " + number
	}
	store := "SQLite"
	if s.postgres != nil {
		if store, err = s.postgres.Version(ctx); err != nil {
			return "", err
		}
		store = "PostgreSQL " + store
	}
	err = askTemporal(ctx, s.temporal.Address(), func(ctx context.Context, c client.Client) error {
		info, err := c.WorkflowService().GetSystemInfo(ctx, &workflowservice.GetSystemInfoRequest{})
		name += ", Temporal " + info.GetServerVersion() + " with " + store
		return err
	})
	return name, err
}
