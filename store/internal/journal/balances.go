package journal

import (
	"gorm.io/gorm"

	"farebook/ledger"
	"farebook/money"
)

// Net is SQL for the amount of an entry with its sign: positive for a debit, negative for a credit. The statement names ledger_entries e.
const Net = `CASE e.side WHEN 'debit' THEN e.amount ELSE -e.amount END`

// Balance of an account in one currency: debits less credits, in minor units.
type Balance struct {
	Account  ledger.Account
	Currency money.Currency
	Amount   int64
}

// Balances adds up the ledger, per account and currency.
func Balances(conn *gorm.DB) (balances []Balance, err error) {
	err = conn.Raw(`SELECT e.account, e.currency, SUM(` + Net + `) AS amount
		FROM ledger_entries e GROUP BY e.account, e.currency ORDER BY e.account, e.currency`).Scan(&balances).Error
	return balances, err
}
