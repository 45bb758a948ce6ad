// Package db opens the connections to MySQL or MariaDB and runs transactions on them. It knows nothing of Farebook's tables,
// and imports internal/clock only.
package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"log/slog"
	"time"

	mysqldriver "github.com/go-sql-driver/mysql"
	"gorm.io/driver/mysql"
	"gorm.io/gorm"

	"farebook/internal/clock"
)

// DB is a pool of connections as the application's user. It is safe for concurrent use.
type DB struct {
	*gorm.DB

	clock clock.Clock
	log   *slog.Logger
}

const (
	// maxConnections: a booking's work is short; more connections only queue inside InnoDB.
	maxConnections = 32
	// connectionLife stays below the server's wait_timeout and lets a failed-over address be found again.
	connectionLife = 5 * time.Minute
	// networkTimeout ends a read or write on a dead connection; the driver's default is to wait for ever.
	networkTimeout = 15 * time.Second
	dialTimeout    = 5 * time.Second
	// lockWait stays below networkTimeout, or the connection would be given up before the server says 1205, and the
	// transaction would not be repeated. In seconds, as the server takes it.
	lockWait = "5"
)

// Open connects as the application's user and checks that the database answers. dsn is DATABASE_DSN, by which errors name it; c is the
// clock that gorm and the packages above read.
func Open(ctx context.Context, dsn string, c clock.Clock, log *slog.Logger) (*DB, error) {
	config, err := mysqldriver.ParseDSN(dsn)
	if err != nil {
		return nil, errors.New("DATABASE_DSN is not a DSN: want user:password@tcp(host:port)/database")
	}
	harden(config)
	connector, err := mysqldriver.NewConnector(config)
	if err != nil {
		return nil, fmt.Errorf("DATABASE_DSN: %w", err)
	}
	dialect := dialector{&mysql.Dialector{Config: &mysql.Config{Conn: newPool(connector), SkipInitializeWithVersion: true}}}
	opened, err := gorm.Open(dialect, &gorm.Config{
		// What takes more than one statement is in an explicit transaction already.
		SkipDefaultTransaction: true,
		DisableAutomaticPing:   true,
		TranslateError:         true, // see dialector
		NowFunc:                c.Now,
		Logger:                 statementLog{log},
	})
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	d := &DB{DB: opened, clock: c, log: log}
	if err := d.Ping(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("the database of DATABASE_DSN does not answer: %w", err), d.Close())
	}
	return d, nil
}

// harden sets what must not be left to a DSN or to the server's configuration: UTC on both sides, time-outs, values that
// do not fit refused rather than cut, one statement at a time, and rows counted as found rather than as changed, so that
// an UPDATE that changes nothing is not mistaken for one that met no row.
func harden(config *mysqldriver.Config) {
	config.ParseTime = true
	config.Loc = time.UTC
	config.ClientFoundRows = true
	config.InterpolateParams = true
	config.MultiStatements = false
	config.RejectReadOnly = true // a server that became a replica: reconnect and find the new primary
	config.Timeout, config.ReadTimeout, config.WriteTimeout = dialTimeout, networkTimeout, networkTimeout
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
func (d *DB) Ping(ctx context.Context) error {
	pool, err := d.DB.DB()
	if err != nil {
		return err
	}
	return pool.PingContext(ctx)
}

// Close ends the connections.
func (d *DB) Close() error {
	pool, err := d.DB.DB()
	if err != nil {
		return err
	}
	return pool.Close()
}

// readCommitted makes every transaction of a connection READ COMMITTED: set once, since saying it ahead of each would be a
// round trip each. As a statement, because MySQL and MariaDB name the variable differently.
type readCommitted struct{ driver.Connector }

func (c readCommitted) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	_, err = conn.(driver.ExecerContext).ExecContext(ctx, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", nil)
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

func newPool(connector driver.Connector) *sql.DB {
	pool := sql.OpenDB(readCommitted{connector})
	pool.SetMaxOpenConns(maxConnections)
	pool.SetMaxIdleConns(maxConnections)
	pool.SetConnMaxLifetime(connectionLife)
	return pool
}
