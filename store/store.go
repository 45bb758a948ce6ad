// Package store is the books in MySQL: bookings, payments, refunds, disputes, payouts, the ledger, received events, emails and
// API keys. Only the packages of store/ use gorm. Whoever changes a booking or a payment calls its recorder, which holds a row
// lock.
//
// It imports access, booking, ledger, ledger/seal, money, notice, reconciliation, validation, webhook, migrations, internal/clock and
// store/internal/. It must not import store/recon, store/proof, the rest of internal/, or what is above it: activities, workflows, starter
// and worker.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"farebook/internal/clock"
	"farebook/migrations"
	"farebook/store/internal/db"
)

// ErrNotFound says that a row does not exist, or not for this caller.
var ErrNotFound = db.ErrNotFound

// DefaultEmailsPerAddress is more than a traveller who tries several cards and flights gets in an hour.
const DefaultEmailsPerAddress = 10

// Store is a pool of connections as the application's user. It is safe for concurrent use.
type Store struct {
	db  *db.DB
	log *slog.Logger
	// emailsPerAddress bounds emails about unpaid bookings, an address and hour.
	emailsPerAddress int
	// observer is nil for a process that exposes no metrics.
	observer Observer
	// announcer is nil in a process that starts no deliveries.
	announcer Announcer
	// installation is read once: see Installation.
	installation atomic.Pointer[Installation]
	// fresh are emails that this process has just queued.
	fresh freshEmails
}

// Option sets the pool of connections that Open makes.
type Option func(*db.Pool)

// ForProofs makes a store for checks that read large ranges of the ledger: three connections, and two minutes for a statement, beside the
// pool of the books and not from it.
func ForProofs() Option {
	return func(pool *db.Pool) {
		login := pool.Login
		*pool = db.Proofs()
		pool.Login = login
	}
}

// PoolOf sets the size of the pool, how many connections stay open without work, and when a connection is replaced.
func PoolOf(size, idle int, lifetime time.Duration) Option {
	return func(pool *db.Pool) { pool.Size, pool.Idle, pool.Lifetime = size, idle, lifetime }
}

// LoginFrom has each new connection ask for its user and password, so that a rotated password needs no restart.
func LoginFrom(login func() (user, password string, err error)) Option {
	return func(pool *db.Pool) { pool.Login = login }
}

// ConnectionWait sets how long a statement waits for a connection while all of them are in use.
func ConnectionWait(limit time.Duration) Option {
	return func(pool *db.Pool) { pool.Wait = limit }
}

// StatementLimit sets how long the server works on one statement.
func StatementLimit(limit time.Duration) Option {
	return func(pool *db.Pool) { pool.Statement = limit }
}

// Open connects as the application's user and checks that the database answers and has the schema that this release needs. c is the
// time of everything that works with the store. Without options, the pool is that of the books.
func Open(ctx context.Context, dsn string, c clock.Clock, log *slog.Logger, options ...Option) (*Store, error) {
	pool := db.Books()
	for _, option := range options {
		option(&pool)
	}
	opened, err := db.Open(ctx, dsn, pool, c, log)
	if err != nil {
		return nil, err
	}
	s := &Store{db: opened, log: log, emailsPerAddress: DefaultEmailsPerAddress}
	if err := s.checkSchema(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// DB is the pool of connections, for the packages of store/ that stand above the books; no other can name its type.
func (s *Store) DB() *db.DB { return s.db }

// Now is the time in UTC, for all who work with the store.
func (s *Store) Now() time.Time { return s.db.Now() }

// Ping asks whether the database answers.
func (s *Store) Ping(ctx context.Context) error { return s.db.Ping(ctx) }

// WithPatience bounds how long each statement under ctx may take, with the wait for its connection; once a statement has met the limit,
// all further ones under ctx fail at once. It is for callers who want an answer rather than a result, such as a request of the API.
func WithPatience(ctx context.Context, limit time.Duration) context.Context {
	return db.WithPatience(ctx, limit)
}

// WithoutPatience lifts that bound, for work that continues after the caller was answered.
func WithoutPatience(ctx context.Context) context.Context { return db.WithoutPatience(ctx) }

// Figures are the state of a pool of connections, for metrics.
type Figures = db.Figures

// Figures reads the state of this store's pool; it does not wait for the database.
func (s *Store) Figures() Figures { return s.db.Figures() }

// Close ends the connections.
func (s *Store) Close() error { return s.db.Close() }

// Unavailable tells an error of the connection, or of a server that cannot serve now, from an error in what was asked: the same call may
// succeed later.
func Unavailable(err error) bool { return db.Unavailable(err) }

// AccessDenied tells that the server refused the login, or all use of the database: a password or a right is wrong.
func AccessDenied(err error) bool { return db.AccessDenied(err) }

// LimitEmails sets how many emails about unpaid bookings one address gets within an hour; call it before the store is used.
func (s *Store) LimitEmails(perHour int) { s.emailsPerAddress = perHour }

// SchemaBehindError is a schema that is older than this release needs. Have is zero when the database has no migration that the
// application's user may see.
type SchemaBehindError struct{ Have, Need int64 }

func (e *SchemaBehindError) Error() string {
	have := fmt.Sprintf("at migration %d", e.Have)
	if e.Have == 0 {
		have = "not migrated"
	}
	return fmt.Sprintf("the database of DATABASE_DSN is %s, and this release needs migration %d: run `starter migrate` of this release, "+
		"with DATABASE_ADMIN_DSN",
		have, e.Need)
}

// checkSchema refuses a schema that is older than this release needs, whose every statement could fail with an unknown column. One that is
// newer is taken: the previous release runs beside the next one.
func (s *Store) checkSchema(ctx context.Context) error {
	versions, err := migrations.Versions()
	if err != nil {
		return err
	}
	need := versions[len(versions)-1]
	var have sql.NullInt64
	// Without the table, or the right to read it, no migration of this release was applied.
	err = s.db.WithContext(ctx).Raw("SELECT MAX(version_id) FROM goose_db_version WHERE is_applied = TRUE").Scan(&have).Error
	if err != nil && !db.NoTable(err) {
		return fmt.Errorf("read which migrations are applied: %w", err)
	}
	if have.Int64 < need {
		return &SchemaBehindError{Have: have.Int64, Need: need}
	}
	return nil
}

// Installation is one database of Farebook's, however often it is restored. Its id stands in the metadata of what it makes at
// Stripe; its secret stays in this package.
type Installation struct {
	ID     string // in_...
	secret []byte
}

type installationRow struct {
	ID             uint8
	InstallationID string
	Secret         []byte
}

func (installationRow) TableName() string { return "installation" }

// ErrNoInstallation says that the database was not migrated to this version.
var ErrNoInstallation = errors.New("the database has no installation id: run `starter migrate`")

// Installation reads the row once and keeps it. Error: ErrNoInstallation.
func (s *Store) Installation(ctx context.Context) (Installation, error) {
	if known := s.installation.Load(); known != nil {
		return *known, nil
	}
	var rows []installationRow
	if err := s.db.WithContext(ctx).Limit(1).Find(&rows).Error; err != nil {
		return Installation{}, err
	}
	if len(rows) == 0 {
		return Installation{}, ErrNoInstallation
	}
	known := &Installation{ID: rows[0].InstallationID, secret: rows[0].Secret}
	s.installation.Store(known)
	return *known, nil
}
