// Package store is MySQL: bookings, payments, the ledger, received events and mails. It is the only place that knows
// gorm. What changes a booking or a payment goes through the recording step, under a row lock, whoever asks.
package store

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"farebook/internal/clock"
	"farebook/store/internal/db"
)

// ErrNotFound says that a row does not exist, or not for this caller.
var ErrNotFound = db.ErrNotFound

// Store is a pool of connections as the application's user. It is safe for concurrent use.
type Store struct {
	db  *db.DB
	log *slog.Logger
	// mailsPerAddress bounds mails about unpaid bookings, an address and hour.
	mailsPerAddress int
	// installation is read once: see Installation.
	installation atomic.Pointer[Installation]
}

// Open connects as the application's user and checks that the database answers and has the schema that this release needs. c is the
// time of everything that works with the store.
func Open(ctx context.Context, dsn string, c clock.Clock, log *slog.Logger) (*Store, error) {
	opened, err := db.Open(ctx, dsn, c, log)
	if err != nil {
		return nil, err
	}
	s := &Store{db: opened, log: log, mailsPerAddress: DefaultMailsPerAddress}
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

// Close ends the connections.
func (s *Store) Close() error { return s.db.Close() }

// Unavailable tells an error of the connection, or of a server that cannot serve now, from an error in what was asked: the same call may
// succeed later.
func Unavailable(err error) bool { return db.Unavailable(err) }

// AccessDenied tells that the server refused the login, or all use of the database: a password or a right is wrong.
func AccessDenied(err error) bool { return db.AccessDenied(err) }
