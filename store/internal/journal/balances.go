package journal

import (
	"gorm.io/gorm"

	"farebook/ledger"
	"farebook/money"
)

// Net is the SQL expression of an entry's signed amount: positive for a debit, negative for a credit. The statement must alias
// ledger_entries as e.
const Net = `CASE e.side WHEN 'debit' THEN e.amount ELSE -e.amount END`

// Balance is an account's debits less credits in one currency, in minor units.
type Balance struct {
	Account  ledger.Account
	Currency money.Currency
	Amount   int64
}

// Balances sums the ledger by account and currency.
func Balances(conn *gorm.DB) (balances []Balance, err error) {
	err = conn.Raw(`SELECT e.account, e.currency, SUM(` + Net + `) AS amount
		FROM ledger_entries e GROUP BY e.account, e.currency ORDER BY e.account, e.currency`).Scan(&balances).Error
	return balances, err
}
