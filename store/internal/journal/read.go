package journal

import (
	"errors"
	"time"

	"gorm.io/gorm"

	"farebook/ledger"
	"farebook/ledger/seal"
	"farebook/store/internal/db"
)

// OfBooking reads a booking's transactions with their entries, oldest first.
func OfBooking(conn *gorm.DB, bookingID uint64) ([]seal.Transaction, error) {
	return FirstOfBooking(conn, bookingID, -1)
}

// FirstOfBooking is OfBooking for the first transactions alone; a negative limit does not bound them.
func FirstOfBooking(conn *gorm.DB, bookingID uint64, limit int) ([]seal.Transaction, error) {
	var rows []row
	err := conn.Where("booking_id = ?", bookingID).Order("id").Limit(limit).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return withEntries(conn, rows)
}

// Page reads a page of transactions with their entries by ascending id: after one id, up to another.
func Page(conn *gorm.DB, after, to uint64, limit int) ([]seal.Transaction, error) {
	var rows []row
	err := conn.Where("id > ? AND id <= ?", after, to).Order("id").Limit(limit).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	var entries []entryRow
	err = conn.Where("ledger_id BETWEEN ? AND ?", rows[0].ID, rows[len(rows)-1].ID).Order("ledger_id, id").Find(&entries).Error
	return assemble(rows, entries), err
}

// OfIDs reads some transactions with their entries by ascending id.
func OfIDs(conn *gorm.DB, ids []uint64) ([]seal.Transaction, error) {
	var rows []row
	err := conn.Where("id IN ?", ids).Order("id").Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return withEntries(conn, rows)
}

// withEntries reads the entries of transactions.
func withEntries(conn *gorm.DB, rows []row) ([]seal.Transaction, error) {
	ids := make([]uint64, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	var entries []entryRow
	err := conn.Where("ledger_id IN ?", ids).Order("ledger_id, id").Find(&entries).Error
	return assemble(rows, entries), err
}

// ByOperationKey reads a transaction with its entries and its period by its operation key; its id is 0 if no transaction has the key.
func ByOperationKey(conn *gorm.DB, key string) (seal.Transaction, ledger.Period, error) {
	var rows []row
	err := conn.Where("operation_key = ?", key).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return seal.Transaction{}, "", err
	}
	var entries []entryRow
	err = conn.Where("ledger_id = ?", rows[0].ID).Order("id").Find(&entries).Error
	return assemble(rows, entries)[0], db.OrEmpty(rows[0].Period), err
}

// Has reports whether a transaction was ever posted that meets a condition on the columns of financial_ledger, even if it was reversed
// since.
func Has(tx *gorm.DB, where string, args ...any) (bool, error) {
	var found row
	err := tx.Select("id").Where(where, args...).Take(&found).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return false, nil
	}
	return err == nil, err
}

// Known returns the balance transactions that were posted, among those given.
func Known(tx *gorm.DB, balanceTransactionIDs []string) (map[string]bool, error) {
	var posted []string
	err := tx.Model(&row{}).Where("stripe_balance_transaction_id IN ?", balanceTransactionIDs).Distinct().
		Pluck("stripe_balance_transaction_id", &posted).Error
	known := make(map[string]bool, len(posted))
	for _, id := range posted {
		known[id] = true
	}
	return known, err
}

// LastEffective is the effective date of a booking's newest transaction of a type whose object id has a prefix; the zero time when there is
// none.
func LastEffective(tx *gorm.DB, bookingID uint64, t ledger.Type, objectPrefix string) (time.Time, error) {
	var last row
	err := tx.Select("effective_at").Where("booking_id = ? AND type = ? AND effective_at IS NOT NULL AND stripe_object_id LIKE CONCAT(?, '%')",
		bookingID, t, objectPrefix).Order("id DESC").Limit(1).Find(&last).Error
	return db.TimeOrZero(last.EffectiveAt), err
}
