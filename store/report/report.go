// Package report reads the books for the reports of finance: balances at any time, an account's entries, what moved Stripe's balance. Each
// report is read in one snapshot, page by page, so that it takes the same memory for a day and for a year. The package is above store,
// which does not know it: it imports store, store/internal/, booking, finance, ledger, ledger/seal and money.
package report

import (
	"context"
	"database/sql"
	"time"

	"gorm.io/gorm"

	"farebook/store"
	"farebook/store/internal/db"
	"farebook/store/internal/journal"
)

// Reports reads reports from the books. It is safe for concurrent use.
type Reports struct {
	db  *db.DB
	now func() time.Time
}

// New returns the reports of the books, which use their connections. It opens no connection and keeps no state.
func New(books *store.Store) *Reports { return &Reports{db: books.DB(), now: books.Now} }

// Zone is the time zone of the books, in which their days and months begin.
func (r *Reports) Zone(ctx context.Context) (*time.Location, error) {
	books, err := journal.Opening(r.db.WithContext(ctx), "")
	return books.Zone, err
}

// snapshot runs work in one read-only transaction: all of its statements read the ledger as it was at the first. The ledger is only
// appended to, so that no other transaction waits for it.
func (r *Reports) snapshot(ctx context.Context, work func(tx *gorm.DB) error) error {
	return r.db.WithContext(ctx).Transaction(work, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
}
