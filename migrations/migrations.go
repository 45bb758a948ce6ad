// Package migrations brings a database to the schema that this version of Farebook needs, and grants the application's user
// exactly the rights that it needs. It connects as another user, who may change tables and grant rights. It imports
// access, internal/failpoint and internal/sqlsession.
package migrations

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/pressly/goose/v3"

	"farebook/internal/sqlsession"
)

//go:embed sql/*.sql
var files embed.FS

// lockName is the lock that lets one runner work at a time. A transaction cannot do that, because MySQL commits after each DDL
// statement.
const lockName = "farebook_migrations"

// lockWait is how long a second runner waits for the first.
const lockWait = 2 * time.Minute

// Up creates the database that appDSN names if it does not exist, applies every migration that has not been applied, and
// creates the application's user and its grants. adminDSN names a user with the rights to do so; its database is ignored.
// Repeating it changes nothing.
func Up(ctx context.Context, adminDSN, appDSN string) error {
	return to(ctx, adminDSN, appDSN, nil)
}

// UpTo stops at a version. Tests of upgrades use it.
func UpTo(ctx context.Context, adminDSN, appDSN string, version int64) error {
	return to(ctx, adminDSN, appDSN, &version)
}

func to(ctx context.Context, adminDSN, appDSN string, version *int64) (err error) {
	app, err := mysql.ParseDSN(appDSN)
	if err != nil {
		return errors.New("DATABASE_DSN is not a DSN: want user:password@tcp(host:port)/database")
	}
	if app.DBName == "" {
		return errors.New("DATABASE_DSN names no database: want user:password@tcp(host:port)/database")
	}
	if err := createDatabase(ctx, adminDSN, app.DBName); err != nil {
		return err
	}
	db, err := openAdmin(adminDSN, app.DBName)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	unlock, err := lock(ctx, db, app.DBName)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	if err := apply(ctx, db, version); err != nil {
		return err
	}
	if err := identify(ctx, db); err != nil {
		return err
	}
	if err := grant(ctx, db, app); err != nil {
		return err
	}
	return proveAppendOnly(ctx, db, app)
}

func openAdmin(adminDSN, database string) (*sql.DB, error) {
	admin, err := mysql.ParseDSN(adminDSN)
	if err != nil {
		return nil, errors.New("DATABASE_ADMIN_DSN is not a DSN: want user:password@tcp(host:port)/")
	}
	admin.DBName = database
	admin.ParseTime = true
	admin.InterpolateParams = true
	// A migration file contains several statements.
	admin.MultiStatements = true
	if admin.Params == nil {
		admin.Params = map[string]string{}
	}
	// Backslashes escape (see literal), and values that do not fit are errors, whatever the server's configuration.
	admin.Params["sql_mode"] = "'TRADITIONAL'"
	connector, err := mysql.NewConnector(admin)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(sqlsession.Unlimited(connector)), nil
}

func createDatabase(ctx context.Context, adminDSN, name string) (err error) {
	db, err := openAdmin(adminDSN, "")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	_, err = db.ExecContext(ctx, "CREATE DATABASE IF NOT EXISTS "+quote(name)+" CHARACTER SET utf8mb4")
	if err != nil {
		return fmt.Errorf("create database %s: %w", name, err)
	}
	return nil
}

// lock holds a named lock on a dedicated connection until unlock. Its name contains the database's, so that other databases on
// the server are not blocked.
func lock(ctx context.Context, db *sql.DB, database string) (unlock func() error, err error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("connect as DATABASE_ADMIN_DSN: %w", err)
	}
	name := lockName + "_" + database
	name = name[:min(len(name), 64)] // MySQL's limit
	var got sql.NullInt64
	if err := conn.QueryRowContext(ctx, "SELECT GET_LOCK(?, ?)", name, int(lockWait.Seconds())).Scan(&got); err != nil {
		return nil, errors.Join(fmt.Errorf("lock the migrations of %s: %w", database, err), conn.Close())
	}
	if got.Int64 != 1 {
		return nil, errors.Join(fmt.Errorf("another migration of %s has been running for %s: wait for it, or end its connection", database,
			lockWait), conn.Close())
	}
	return func() error {
		// The connection returns to the pool, so release the lock by name, also after a cancelled run.
		_, err := conn.ExecContext(context.WithoutCancel(ctx), "DO RELEASE_LOCK(?)", name)
		return errors.Join(err, conn.Close())
	}, nil
}

// Versions lists the numbers of all migrations in ascending order.
func Versions() ([]int64, error) {
	names, err := fs.Glob(files, "sql/*.sql")
	if err != nil {
		return nil, err
	}
	versions := make([]int64, len(names))
	for i, name := range names {
		if versions[i], err = goose.NumericComponent(name); err != nil {
			return nil, err
		}
	}
	return versions, nil // sorted by name, and so by number, which is zero-padded
}

func apply(ctx context.Context, db *sql.DB, version *int64) error {
	dir, err := fs.Sub(files, "sql")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectMySQL, db, dir)
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	if version != nil {
		_, err = provider.UpTo(ctx, *version)
	} else {
		_, err = provider.Up(ctx)
	}
	if err != nil {
		return fmt.Errorf("apply migrations: %w", err)
	}
	return nil
}
