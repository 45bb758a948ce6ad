package journal

import (
	"fmt"
	"sync"
	"time"
	_ "time/tzdata" // the books keep their time zone on images without one

	"gorm.io/gorm"

	"farebook/ledger"
	"farebook/store/internal/db"
)

// Lock modes. A correction takes correction_lock exclusively; postings without a booking's lock share it.
const (
	Exclusively = "FOR UPDATE"
	Shared      = "LOCK IN SHARE MODE" // MariaDB does not know FOR SHARE
)

// LockCorrections keeps corrections and postings without a booking's lock apart until the transaction ends.
func LockCorrections(tx *gorm.DB, how string) error {
	var id int
	return tx.Raw("SELECT id FROM correction_lock WHERE id = 1 " + how).Scan(&id).Error
}

type openingRow struct {
	ID        uint8
	OpenedAt  *time.Time
	DecidedAt *time.Time
	DecidedBy string
}

func (openingRow) TableName() string { return "ledger_opening" }

// Books are what each posting follows: when the books were opened, and which of their months are closed. One row has both, so that the lock
// and the statement of a posting are the same for both.
type Books struct {
	ledger.Opening
	ledger.Calendar
}

// Opening reads the opening and the calendar of the books, under a lock (Exclusively or Shared) when one is given. The opening is zero when
// the books were not opened.
func Opening(conn *gorm.DB, lock string) (Books, error) {
	var row BooksColumns
	err := conn.Raw("SELECT opened_at, books_zone, first_open FROM ledger_opening WHERE id = 1 " + lock).Scan(&row).Error
	if err != nil {
		return Books{}, err
	}
	return row.Books()
}

// BooksColumns are the columns of ledger_opening that each posting follows.
type BooksColumns struct {
	OpenedAt  *time.Time
	BooksZone *string        // NULL for UTC
	FirstOpen *ledger.Period // NULL while no month is closed
}

// Books returns what the columns say.
func (c BooksColumns) Books() (Books, error) {
	zone, err := zoneOf(db.OrEmpty(c.BooksZone))
	return Books{
		ledger.Opening{At: db.TimeOrZero(c.OpenedAt)}, ledger.Calendar{Zone: zone, FirstOpen: db.OrEmpty(c.FirstOpen)},
	}, err
}

// zones are the time zones that were loaded, by name: a zone is a file.
var zones sync.Map

func zoneOf(name string) (*time.Location, error) {
	if name == "" || name == time.UTC.String() {
		return time.UTC, nil
	}
	if known, found := zones.Load(name); found {
		return known.(*time.Location), nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("time zone of the books: %w", err)
	}
	zones.Store(name, zone)
	return zone, nil
}

// SetFirstOpen moves the calendar: the caller holds the row's lock exclusively.
func SetFirstOpen(tx *gorm.DB, first ledger.Period, zone string) error {
	return tx.Model(&openingRow{}).Where("id = 1").Updates(map[string]any{"first_open": db.OrNil(first), "books_zone": zone}).Error
}

// SetOpening records the opening and who decided it, unless the books were opened already.
func SetOpening(tx *gorm.DB, o ledger.Opening, by string, now time.Time) error {
	return tx.Model(&openingRow{}).Where("id = 1 AND opened_at IS NULL").
		Updates(map[string]any{"opened_at": o.At, "decided_at": now, "decided_by": db.Truncate(by, 200)}).Error
}
