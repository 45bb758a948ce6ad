package journal

import (
	"time"

	"gorm.io/gorm"

	"farebook/ledger"
	"farebook/ledger/seal"
	"farebook/money"
	"farebook/store/internal/db"
)

// payoutTypes are the types of transactions that have a payout as their object.
var payoutTypes = []ledger.Type{
	ledger.TypePayout, ledger.TypePayoutReversal, ledger.TypePayoutArrived, ledger.TypePayoutReturned, ledger.TypeCarryOver,
}

// InTransit is what a payout's transactions have left in transit, in minor units by currency: debits less credits, without zeros.
func InTransit(conn *gorm.DB, payoutID string) (map[money.Currency]int64, error) {
	var sums []Balance
	err := conn.Raw(`SELECT e.currency, SUM(`+Net+`) AS amount FROM financial_ledger l JOIN ledger_entries e ON e.ledger_id = l.id
		WHERE l.booking_id IS NULL AND l.type IN ? AND l.stripe_payment_intent_id IS NULL AND l.stripe_object_id = ? AND e.account = ?
		GROUP BY e.currency HAVING amount <> 0`, payoutTypes, payoutID, ledger.AssetPayoutsInTransit).Scan(&sums).Error
	if err != nil || len(sums) == 0 {
		return nil, err
	}
	amounts := map[money.Currency]int64{}
	for _, sum := range sums {
		amounts[sum.Currency] = sum.Amount
	}
	return amounts, nil
}

// OfBookingSums are the sums of a booking's transactions, debits less credits, by account and currency. Transactions of a type whose
// object has a prefix are summed alone where one is named.
func OfBookingSums(conn *gorm.DB, bookingID uint64, only ...Objects) (seal.Sums, error) {
	query := conn.Table("financial_ledger l").Joins("JOIN ledger_entries e ON e.ledger_id = l.id").
		Select("e.account, e.currency, SUM("+Net+") AS amount").Where("l.booking_id = ?", bookingID)
	for _, o := range only {
		query = query.Where("l.type = ? AND l.stripe_object_id LIKE CONCAT(?, '%')", o.Type, o.Prefix)
	}
	var rows []Balance
	err := query.Group("e.account, e.currency").Scan(&rows).Error
	sums := seal.Sums{}
	for _, row := range rows {
		sums.Add(row.Account, row.Currency, row.Amount)
	}
	return sums, err
}

// Objects are the transactions of a type about the objects whose id has a prefix.
type Objects struct {
	Type   ledger.Type
	Prefix string
}

// CountOf counts a booking's transactions of a type about such objects.
func CountOf(conn *gorm.DB, bookingID uint64, o Objects) (int, error) {
	var count int64
	err := conn.Model(&row{}).Where("booking_id = ? AND type = ? AND stripe_object_id LIKE CONCAT(?, '%')", bookingID, o.Type, o.Prefix).
		Count(&count).Error
	return int(count), err
}

// LastOn is the latest effective date of a booking's transactions on an account, or the zero time if the account has no transaction of it.
func LastOn(conn *gorm.DB, bookingID uint64, account ledger.Account) (time.Time, error) {
	var last struct{ At *time.Time }
	err := conn.Raw(`SELECT MAX(l.effective_at) AS at FROM financial_ledger l JOIN ledger_entries e ON e.ledger_id = l.id
		WHERE l.booking_id = ? AND e.account = ?`, bookingID, account).Scan(&last).Error
	return db.TimeOrZero(last.At), err
}
