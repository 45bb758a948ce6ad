// Package store is MySQL: bookings, payments, the ledger, received events and mails. It is the only place that knows
// gorm. What changes a booking or a payment goes through the recording step, under a row lock, whoever asks.
package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	driver "github.com/go-sql-driver/mysql"
	"gorm.io/driver/mysql"
	"gorm.io/gorm"

	"farebook/internal/clock"
)

// ErrNotFound says that a row does not exist, or not for this caller.
var ErrNotFound = errors.New("not found")

// Store is a pool of connections as the application's user. It is safe for concurrent use.
type Store struct {
	db    *gorm.DB
	clock clock.Clock
	log   *slog.Logger
	// mailsPerAddress bounds mails about unpaid bookings, an address and hour.
	mailsPerAddress int
	// installation is read once: see Installation.
	installation atomic.Pointer[Installation]
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

// Open connects as the application's user and checks that the database answers and has the schema that this release needs. c is the time of everything that works with the store.
func Open(ctx context.Context, dsn string, c clock.Clock, log *slog.Logger) (*Store, error) {
	config, err := driver.ParseDSN(dsn)
	if err != nil {
		return nil, errors.New("DATABASE_DSN is not a DSN: want user:password@tcp(host:port)/database")
	}
	harden(config)
	connector, err := driver.NewConnector(config)
	if err != nil {
		return nil, fmt.Errorf("DATABASE_DSN: %w", err)
	}
	dialect := dialector{&mysql.Dialector{Config: &mysql.Config{Conn: newPool(connector), SkipInitializeWithVersion: true}}}
	db, err := gorm.Open(dialect, &gorm.Config{
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
	s := &Store{db: db, clock: c, log: log, mailsPerAddress: DefaultMailsPerAddress}
	if err := s.Ping(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("the database of DATABASE_DSN does not answer: %w", err), s.Close())
	}
	if err := s.checkSchema(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// harden sets what must not be left to a DSN or to the server's configuration: UTC on both sides, time-outs, values that
// do not fit refused rather than cut, one statement at a time, and rows counted as found rather than as changed, so that
// an UPDATE that changes nothing is not mistaken for one that met no row.
func harden(config *driver.Config) {
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
	config.Logger = &driver.NopLogger{} // what it says comes back as an error, too
}

// Now is the time in UTC, for all who work with the store.
func (s *Store) Now() time.Time { return s.clock.Now() }

// Ping asks whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	pool, err := s.db.DB()
	if err != nil {
		return err
	}
	return pool.PingContext(ctx)
}

// Close ends the connections.
func (s *Store) Close() error {
	pool, err := s.db.DB()
	if err != nil {
		return err
	}
	return pool.Close()
}
