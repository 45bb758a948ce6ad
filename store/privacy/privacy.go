// Package privacy empties what the books have kept for longer than its period, exports what they hold about a traveller, and erases it. It
// deletes no row, and changes no amount, state, key or digest. It is above store, which does not know it: it imports store,
// store/internal/, access, booking, store/proposals, internal/failpoint and the vocabulary of privacy.
package privacy

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"gorm.io/gorm"

	"farebook/booking"
	"farebook/privacy"
	"farebook/store"
	"farebook/store/internal/db"
)

// Books are the books as far as they hold what people wrote. It is safe for concurrent use.
type Books struct {
	store *store.Store
	db    *db.DB
}

// New returns the books. It opens no connection and keeps no state.
func New(books *store.Store) *Books { return &Books{store: books, db: books.DB()} }

// subject is the booking that a condition of privacy.Table.Rows is about.
type subject struct {
	ID        uint64
	Reference booking.Reference
}

// where narrows a query by a condition of privacy.Tables, which may name @booking, @reference and @cutoff.
func (s subject) where(query *gorm.DB, condition string, cutoff time.Time) *gorm.DB {
	if !strings.Contains(condition, "@") {
		return query.Where(condition)
	}
	return query.Where(condition, sql.Named("booking", s.ID), sql.Named("reference", string(s.Reference)), sql.Named("cutoff", cutoff))
}

// Travelled is a booking of an address.
type Travelled struct {
	ID        uint64
	Reference booking.Reference
	CreatedAt time.Time
}

// travelledPage bounds one page of BookingsOfAddress.
const travelledPage = 100

// BookingsOfAddress lists the bookings of an email address, oldest first, after the last one of the page before; the zero Travelled for the
// first page. A page has travelledPage bookings at most, and the last page has fewer.
func (b *Books) BookingsOfAddress(ctx context.Context, email string, after Travelled) (found []Travelled, more bool, err error) {
	err = b.db.WithContext(ctx).Raw(`SELECT id, reference, created_at FROM bookings FORCE INDEX (idx_bookings_email)
		WHERE customer_email = ? AND LOWER(customer_email) = BINARY LOWER(?) AND (created_at, id) > (?, ?) AND created_at >= ?
		ORDER BY created_at, id LIMIT ?`, email, email, orEpoch(after.CreatedAt), after.ID, orEpoch(after.CreatedAt), travelledPage).
		Scan(&found).Error
	return found, len(found) == travelledPage, err
}

// orEpoch is a time that the server can compare with.
func orEpoch(at time.Time) time.Time {
	if at.IsZero() {
		return time.Unix(0, 0).UTC()
	}
	return at
}

// ids reads the rows about a booking by each condition of a table.
func ids(tx *gorm.DB, table privacy.Table, of subject) (found []uint64, err error) {
	for _, condition := range table.Rows {
		for after := uint64(0); ; {
			var page []uint64
			err := of.where(tx.Table(table.Name), condition, time.Time{}).Where("id > ?", after).Order("id").Limit(rowsPage).
				Pluck("id", &page).Error
			if err != nil {
				return nil, err
			}
			found = append(found, page...)
			if len(page) < rowsPage {
				break
			}
			after = page[len(page)-1]
		}
	}
	return found, nil
}

// rowsPage bounds how many rows of one table one statement reads or changes.
const rowsPage = 500
