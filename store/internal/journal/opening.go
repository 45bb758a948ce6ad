package journal

import (
	"time"

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

// Opening reads the opening of the books, under a lock (Exclusively or Shared) when one is given. It is zero when the books were not
// opened.
func Opening(conn *gorm.DB, lock string) (ledger.Opening, error) {
	var opened openingRow
	err := conn.Raw("SELECT opened_at FROM ledger_opening WHERE id = 1 " + lock).Scan(&opened).Error
	return ledger.Opening{At: db.TimeOrZero(opened.OpenedAt)}, err
}

// SetOpening records the opening and who decided it, unless the books were opened already.
func SetOpening(tx *gorm.DB, o ledger.Opening, by string, now time.Time) error {
	return tx.Model(&openingRow{}).Where("id = 1 AND opened_at IS NULL").
		Updates(map[string]any{"opened_at": o.At, "decided_at": now, "decided_by": db.Truncate(by, 200)}).Error
}
