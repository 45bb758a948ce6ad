package journal

import (
	"gorm.io/gorm"

	"farebook/ledger"
	"farebook/ledger/seal"
	"farebook/store/internal/db"
)

// Settling is a transaction with the month in which it counts.
type Settling struct {
	seal.Transaction

	Period ledger.Period
}

// OfBalanceTransactions reads everything that was posted for some balance transactions, by ascending id.
func OfBalanceTransactions(conn *gorm.DB, ids []string) ([]Settling, error) {
	return settling(conn.Where("stripe_balance_transaction_id IN ?", ids))
}

// EarlyPayments reads the payments of some bookings that were posted before their balance transactions were known, by ascending id.
func EarlyPayments(conn *gorm.DB, bookingIDs []uint64) ([]Settling, error) {
	if len(bookingIDs) == 0 {
		return nil, nil
	}
	return settling(conn.Where("booking_id IN ? AND type = ? AND stripe_balance_transaction_id = ''", bookingIDs, ledger.TypePayment))
}

// WithPeriod reads some transactions with their entries and months, by ascending id.
func WithPeriod(conn *gorm.DB, ids []uint64) ([]Settling, error) {
	return settling(conn.Where("id IN ?", ids))
}

func settling(where *gorm.DB) ([]Settling, error) {
	var rows []row
	fresh := where.Session(&gorm.Session{NewDB: true})
	err := where.Order("id").Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	transactions, err := withEntries(fresh, rows)
	out := make([]Settling, len(transactions))
	for i, one := range transactions {
		out[i] = Settling{one, db.OrEmpty(rows[i].Period)}
	}
	return out, err
}

// ChargeCorrections reads operators' corrections of the charges of some bookings, by ascending id.
func ChargeCorrections(conn *gorm.DB, bookingIDs []uint64) ([]Settling, error) {
	return settling(conn.Where("booking_id IN ? AND type = ? AND reporting_category = 'charge'", bookingIDs, ledger.TypeCorrection))
}

// OfOperations reads the transactions with some operation keys, by ascending id.
func OfOperations(conn *gorm.DB, keys []string) ([]Settling, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	return settling(conn.Where("operation_key IN ?", keys))
}

// OfBookingsOn reads the transactions of some bookings that have entries on some accounts, by ascending id.
func OfBookingsOn(conn *gorm.DB, bookingIDs []uint64, accounts []ledger.Account) ([]Settling, error) {
	return settling(conn.Where("booking_id IN ? AND EXISTS (SELECT 1 FROM ledger_entries e WHERE e.ledger_id = financial_ledger.id "+
		"AND e.account IN ?)", bookingIDs, accounts))
}
