package store

import (
	"time"

	"gorm.io/gorm"

	"farebook/access"
	"farebook/money"
	"farebook/store/internal/db"
)

// MovedKind is what a limit of a role counts apart.
type MovedKind string

// The kinds.
const (
	MovedByRefund     MovedKind = "refund"
	MovedByCorrection MovedKind = "correction"
)

// Moved is an amount that an actor moves.
type Moved struct {
	Kind    MovedKind
	Subject string // the refund's id, the operation key of the correction
	Amount  money.Money
	By      access.Actor
	Limits  access.Limits // of the kind
}

type movedRow struct {
	ID       uint64
	APIKeyID uint64 `gorm:"column:api_key_id"`
	Kind     MovedKind
	Currency money.Currency
	Amount   int64
	Subject  string
	At       time.Time
}

func (movedRow) TableName() string { return "moved_amounts" }

// MoveIn writes, within the transaction that reserves or posts it, what somebody moves through the console, and refuses what is above the
// limit of their role. It does nothing for other actors. The lock of their row lasts until the transaction ends, so that two requests at
// once cannot both use what is left; it is the last lock that a transaction takes. Error: *access.AboveLimitError.
func MoveIn(tx *gorm.DB, now time.Time, m Moved) error {
	if m.By.Role == "" {
		return nil
	}
	tx = tx.Session(&gorm.Session{NewDB: true})
	var person personRow
	if err := tx.Clauses(db.ForUpdate).Where("api_key_id = ?", m.By.KeyID).Take(&person).Error; err != nil {
		return err
	}
	used, err := movedSince(tx, m, access.DayOf(now))
	if err == nil {
		err = m.Limits.Check(m.By.Role, m.Amount, used)
	}
	if err != nil {
		return err
	}
	row := movedRow{APIKeyID: m.By.KeyID, Kind: m.Kind, Currency: m.Amount.Currency, Amount: m.Amount.Value, Subject: m.Subject, At: now}
	// A row that exists is of a refund that the request has led to before.
	_, err = db.Exists(tx.Create(&row).Error,
		tx.Model(&movedRow{}).Where("kind = ? AND subject = ? AND currency = ?", m.Kind, m.Subject, m.Amount.Currency), "api_key_id")
	return err
}

// movedSince is the sum of what somebody has moved. It reads what is committed, and not the snapshot of a transaction that has waited for
// the lock.
func movedSince(tx *gorm.DB, m Moved, from time.Time) (sum int64, err error) {
	err = tx.Raw(`SELECT COALESCE(SUM(amount), 0) FROM moved_amounts
		WHERE api_key_id = ? AND kind = ? AND currency = ? AND at >= ? LOCK IN SHARE MODE`, m.By.KeyID, m.Kind, m.Amount.Currency, from).
		Scan(&sum).Error
	return sum, err
}

// SameOperator reports whether who decides is who has proposed. Since the proposal, the client of its key may have been merged into another
// one, whose keys are the same operator's from then on.
func SameOperator(tx *gorm.DB, proposed, decides access.Actor) (bool, error) {
	if proposed.KeyID != 0 {
		var clients []uint64
		err := tx.Raw("SELECT client_id FROM api_keys WHERE id = ? AND client_id IS NOT NULL", proposed.KeyID).Scan(&clients).Error
		if err != nil {
			return false, err
		}
		if len(clients) > 0 {
			proposed.ClientID = clients[0]
		}
	}
	return proposed.Is(decides), nil
}
