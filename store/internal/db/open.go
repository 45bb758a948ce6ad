// Package db opens the connections to MySQL or MariaDB and runs transactions on them. It knows nothing of Farebook's tables,
// and imports internal/clock, internal/sqlsession, internal/tracing and internal/wait only.
package db

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"log/slog"
	"time"

	mysqldriver "github.com/go-sql-driver/mysql"
	"gorm.io/driver/mysql"
	"gorm.io/gorm"

	"farebook/internal/clock"
	"farebook/internal/tracing"
)

// DB is a pool of connections as the application's user. It is safe for concurrent use.
type DB struct {
	*gorm.DB

	connections *connections
	clock       clock.Clock
	log         *slog.Logger
}

const (
	dialTimeout = 5 * time.Second
	// lockWait stays below the limit of a statement, or the server would end the statement before it says 1205, and the transaction would
	// not be repeated. In seconds, as the server takes it.
	lockWait = "5"
)

// Open connects as the application's user and checks that the database answers. dsn is DATABASE_DSN, by which errors name it; c is the
// clock that gorm and the packages above read.
func Open(ctx context.Context, dsn string, pool Pool, c clock.Clock, log *slog.Logger) (*DB, error) {
	config, err := mysqldriver.ParseDSN(dsn)
	if err != nil {
		return nil, errors.New("DATABASE_DSN is not a DSN: want user:password@tcp(host:port)/database")
	}
	harden(config, pool)
	if err := renewLogin(config, pool.Login, log); err != nil {
		return nil, fmt.Errorf("DATABASE_DSN: %w", err)
	}
	plain, err := mysqldriver.NewConnector(config)
	if err != nil {
		return nil, fmt.Errorf("DATABASE_DSN: %w", err)
	}
	connections := newConnections(plain, pool, log)
	dialect := dialector{&mysql.Dialector{Config: &mysql.Config{Conn: connections, SkipInitializeWithVersion: true}}, pool.Statement}
	opened, err := gorm.Open(dialect, &gorm.Config{
		// What takes more than one statement is in an explicit transaction already.
		SkipDefaultTransaction: true,
		DisableAutomaticPing:   true,
		TranslateError:         true, // see dialector
		NowFunc:                c.Now,
		Logger:                 statementLog{log, pool.Slow},
	})
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	d := &DB{DB: opened, connections: connections, clock: c, log: log}
	if err := d.Ping(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("the database of DATABASE_DSN does not answer: %w", err), d.Close())
	}
	return d, nil
}

// harden sets what must not be left to a DSN or to the server's configuration: UTC on both sides, time-outs, values that
// do not fit refused rather than cut, one statement at a time, and rows counted as found rather than as changed, so that
// an UPDATE that changes nothing is not mistaken for one that met no row.
func harden(config *mysqldriver.Config, pool Pool) {
	config.ParseTime = true
	config.Loc = time.UTC
	config.ClientFoundRows = true
	config.InterpolateParams = true
	config.MultiStatements = false
	config.RejectReadOnly = !pool.ReadsReplicas // a server that became a replica: reconnect and find the new primary
	config.Timeout, config.ReadTimeout, config.WriteTimeout = dialTimeout, pool.Network(), pool.Network()
	if config.Params == nil {
		config.Params = map[string]string{}
	}
	config.Params["time_zone"] = "'+00:00'"
	config.Params["sql_mode"] = "'TRADITIONAL'"
	if config.Params["innodb_lock_wait_timeout"] == "" {
		config.Params["innodb_lock_wait_timeout"] = lockWait
	}
	config.Logger = &mysqldriver.NopLogger{} // what it says comes back as an error, too
}

// Now is the time in UTC.
func (d *DB) Now() time.Time { return d.clock.Now() }

// Ping checks that the database answers.
func (d *DB) Ping(ctx context.Context) error { return d.connections.PingContext(ctx) }

// ReadOnly reports whether the server refuses changes, as a replica does.
func (d *DB) ReadOnly(ctx context.Context) (bool, error) {
	var on bool
	// MariaDB 12 has words for the values of read_only.
	err := d.WithContext(ctx).Raw("SELECT @@GLOBAL.read_only NOT IN ('0', 'OFF') OR @@GLOBAL.innodb_read_only").Scan(&on).Error
	return on, err
}

// Close ends the connections.
func (d *DB) Close() error {
	err := d.connections.Close()
	d.connections.killer.close()
	return err
}

func newConnections(plain driver.Connector, pool Pool, log *slog.Logger) *connections {
	killer := newKiller(plain, log)
	opened := tracing.OpenDB(connector{plain, pool, killer})
	opened.SetMaxOpenConns(pool.Size)
	opened.SetMaxIdleConns(pool.Idle)
	opened.SetConnMaxLifetime(pool.Lifetime)
	return &connections{DB: opened, pool: pool, killer: killer, log: log}
}

// OnOneConnection runs work on one connection, for what a session remembers from one statement to the next.
func (d *DB) OnOneConnection(ctx context.Context, work func(conn *gorm.DB) error) (err error) {
	conn, err := d.connections.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	session := d.Session(&gorm.Session{NewDB: true, Context: ctx})
	session.Statement.ConnPool = conn
	return work(session)
}
