// Package proof proves on a live system that Farebook's promises about its books hold: over whole tables in ranges of ids
// (Prover.Whole), or over what has changed since the last proof that held (Prover.Changes). Both run the same statements, and each
// statement reads one consistent snapshot. Proofs are recorded, so that one that is interrupted continues. The package is above store,
// which does not know it: it imports store, store/monthend, store/internal/, ledger/seal, money, migrations and internal/failpoint.
package proof

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"farebook/store"
	"farebook/store/internal/db"
)

const (
	// rangeRows is how many rows of its subject a statement covers at most: well under a second, of a booking or a transaction with all
	// that belongs to it.
	rangeRows = 2_500
	// listIDs is how many ids a statement over changed rows names at most.
	listIDs = 1_000
	// rangesAtOnce bounds the statements that run at the same time: each keeps a core of the server busy.
	rangesAtOnce = 2
	// margin is how long before the start of a proof its successor begins to read again: what the clocks of processes may differ by, and a
	// transaction may take from its reading of the clock to its commit.
	margin = 30 * time.Minute
)

// Prover proves the promises. It is safe for concurrent use.
type Prover struct {
	books *store.Store
	db    *db.DB
}

// New returns a Prover of the books, which uses their connections. It opens no connection and keeps no state.
func New(books *store.Store) *Prover { return &Prover{books: books, db: books.DB()} }

// Promise is a statement about the books that Farebook promises to keep, and whether it holds now.
type Promise struct {
	Number int
	Text   string
	Held   bool
	Detail string // how many rows break it, and which; empty when it holds
}

// Result is what a proof found.
type Result struct {
	Whole     bool      // whether it read the whole tables
	StartedAt time.Time // of a proof that was interrupted and continued, when it began
	Baseline  time.Time // the start of the proof that this one continues from; zero for a whole proof
	Promises  []Promise
	// ReadOnly says that the server refuses changes: the proof is not recorded, and whether the application's user may change the ledger
	// was not tried.
	ReadOnly bool
}

// ReadOnlyError says that a whole proof cannot be made on a server that refuses changes.
type ReadOnlyError struct{}

func (ReadOnlyError) Error() string {
	return "the database server is read-only, and a proof of the whole books records there how far it is: run `starter verify --whole` with " +
		"the DATABASE_DSN of the primary"
}

// Held reports whether every promise holds.
func (r Result) Held() bool {
	for _, promise := range r.Promises {
		if !promise.Held {
			return false
		}
	}
	return true
}

// Progress is how far a proof is.
type Progress struct {
	Share   float64 // from 0 to 1
	Subject string  // the table that is read
	DoneTo  uint64  // the id up to which it was read
}

// scalar reads one number.
func (p *Prover) scalar(ctx context.Context, query string, args ...any) (n uint64, err error) {
	err = p.db.WithContext(ctx).Raw(query, args...).Scan(&n).Error
	return n, err
}

// ids reads a column of ids.
func (p *Prover) ids(ctx context.Context, query string, args ...any) (ids []uint64, err error) {
	err = p.db.WithContext(ctx).Raw(query, args...).Scan(&ids).Error
	return ids, err
}

// atNow is the argument of a query that contains @now: the time of the store's clock, and not the database server's. gorm refuses an
// argument that a query does not contain.
func (p *Prover) atNow(query string) []any {
	if !strings.Contains(query, "@now") {
		return nil
	}
	return []any{sql.Named("now", p.db.Now())}
}

// checkError names the promise that could not be checked.
func checkError(number int, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("check promise %d: %w", number, err)
}
