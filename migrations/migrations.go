// Package migrations brings a database to the schema that this version of Farebook needs, and grants the application's user
// exactly the rights that it needs. It connects as another user, who may change tables and grant rights. It imports
// access, internal/failpoint, internal/sqlsession and internal/wait.
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

// Runner migrates one database.
type Runner struct {
	// AdminDSN names a user who may change tables and grant rights; its database is ignored.
	AdminDSN string
	// AppDSN names the database, and the application's user.
	AppDSN string
	// BooksZone is the time zone of the books' months. Empty keeps the present one, which is UTC at first.
	BooksZone string
	// Report is called with what the run is doing: at each statement and each range of a back-fill, and every second of a statement that
	// takes long. It may be nil.
	Report func(Progress)
}

// Up migrates without reporting progress.
func Up(ctx context.Context, adminDSN, appDSN string) error {
	return Runner{AdminDSN: adminDSN, AppDSN: appDSN}.Up(ctx)
}

// UpTo stops at a version. Tests of upgrades use it.
func UpTo(ctx context.Context, adminDSN, appDSN string, version int64) error {
	return Runner{AdminDSN: adminDSN, AppDSN: appDSN}.to(ctx, &version)
}

// Up creates the database if it does not exist, applies every migration that has not been applied, and creates the application's user
// and its grants. Repeating it changes nothing. It may be stopped at any point, and continues from there the next time.
func (r Runner) Up(ctx context.Context) error { return r.to(ctx, nil) }

func (r Runner) run(db *sql.DB) *run {
	if r.Report == nil {
		return &run{db: db, report: func(Progress) {}}
	}
	return &run{db: db, report: r.Report, isShown: true}
}

// open connects as the administrator to the database of AppDSN.
func (r Runner) open() (*sql.DB, *mysql.Config, error) {
	app, err := mysql.ParseDSN(r.AppDSN)
	if err != nil {
		return nil, nil, errors.New("DATABASE_DSN is not a DSN: want user:password@tcp(host:port)/database")
	}
	if app.DBName == "" {
		return nil, nil, errors.New("DATABASE_DSN names no database: want user:password@tcp(host:port)/database")
	}
	db, err := openAdmin(r.AdminDSN, app.DBName)
	return db, app, err
}

func (r Runner) to(ctx context.Context, version *int64) (err error) {
	db, app, err := r.open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := createDatabase(ctx, r.AdminDSN, app.DBName); err != nil {
		return err
	}
	unlock, err := lock(ctx, db, app.DBName)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	if err := r.run(db).apply(ctx, version); err != nil {
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
	if admin.Params == nil {
		admin.Params = map[string]string{}
	}
	// Backslashes escape (see literal), and values that do not fit are errors, whatever the server's configuration.
	admin.Params["sql_mode"] = "'TRADITIONAL'"
	admin.Params["lock_wait_timeout"] = lockTimeout        // of tables
	admin.Params["innodb_lock_wait_timeout"] = lockTimeout // of rows
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
	// On a database that exists, MySQL waits for all open transactions and blocks every session behind it: it runs only without one.
	var present int
	err = db.QueryRowContext(ctx, "SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name = ?", name).Scan(&present)
	if err == nil && present == 0 {
		_, err = db.ExecContext(ctx, "CREATE DATABASE IF NOT EXISTS "+quote(name)+" CHARACTER SET utf8mb4")
	}
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
	all, err := list()
	versions := make([]int64, len(all))
	for i, one := range all {
		versions[i] = one.version
	}
	return versions, err
}

// file is a migration: its number, and its path in files.
type file struct {
	version int64
	path    string
}

// list are all migrations, sorted by name, and so by number, which is zero-padded.
func list() ([]file, error) {
	paths, err := fs.Glob(files, "sql/*.sql")
	if err != nil {
		return nil, err
	}
	all := make([]file, len(paths))
	for i, path := range paths {
		all[i].path = path
		if all[i].version, err = goose.NumericComponent(path); err != nil {
			return nil, err
		}
	}
	return all, nil
}
