// Package recon keeps reconciliations in the database: the runs, the items that they found, what became of each, and the
// corrections that an operator posts. It is above store, which does not know it: it imports store, store/internal/, access,
// booking, ledger, money, notice and reconciliation.
package recon

import (
	"farebook/store"
	"farebook/store/internal/db"
)

// Runs reads and writes reconciliation runs and their items. It is safe for concurrent use.
type Runs struct {
	books *store.Store
	db    *db.DB
}

// New returns the runs in the database of the books. It opens no connection and keeps no state.
func New(books *store.Store) *Runs { return &Runs{books: books, db: books.DB()} }
