package journal

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"farebook/ledger"
	"farebook/ledger/seal"
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

// Balances are the balances of each account in each currency: the sums of the seals, and of the transactions after the last seal. Sealed
// transactions are complete and never change, so that one statement over the rest makes the whole one snapshot.
func Balances(conn *gorm.DB) ([]Balance, error) {
	var last struct{ Number, ToID uint64 }
	if err := conn.Raw("SELECT number, to_id FROM ledger_seals ORDER BY number DESC LIMIT 1").Scan(&last).Error; err != nil {
		return nil, err
	}
	sums, err := SumsOfSeals(conn, last.Number)
	if err != nil {
		return nil, err
	}
	var rest []Balance
	index := "" // without seals, the server chooses how to read all of the ledger
	if last.Number > 0 {
		index = byTransaction
	}
	if err := conn.Raw(sumsWhere(index, "e.ledger_id > ?"), last.ToID).Scan(&rest).Error; err != nil {
		return nil, err
	}
	for _, one := range rest {
		sums.Add(one.Account, one.Currency, one.Amount)
	}
	return balancesOf(sums), nil
}

// SumsOf sums the transactions with ids from one to another, both included, by account and currency.
func SumsOf(conn *gorm.DB, from, to uint64) (sums []Balance, err error) {
	err = conn.Raw(sumsWhere(byTransaction, "e.ledger_id BETWEEN ? AND ?"), from, to).Scan(&sums).Error
	return sums, err
}

// SumsOfIDs sums some transactions by account and currency.
func SumsOfIDs(conn *gorm.DB, ids []uint64) (sums []Balance, err error) {
	err = conn.Raw(sumsWhere(byTransaction, "e.ledger_id IN ?"), ids).Scan(&sums).Error
	return sums, err
}

// SumsPostedBefore sums the transactions with ids from one to another, both included, that were posted before a time.
func SumsPostedBefore(conn *gorm.DB, from, to uint64, before time.Time) (sums []Balance, err error) {
	err = conn.Raw(`SELECT e.account, e.currency, SUM(`+Net+`) AS amount
		FROM financial_ledger l STRAIGHT_JOIN ledger_entries e`+byTransaction+` ON e.ledger_id = l.id
		WHERE l.id BETWEEN ? AND ? AND l.posted_at < ? GROUP BY e.account, e.currency`, from, to, before).Scan(&sums).Error
	return sums, err
}

// Turnover is what was debited to an account and credited to it in one currency, in minor units.
type Turnover struct {
	Account       ledger.Account
	Currency      money.Currency
	Debit, Credit int64
}

// TurnoverOfIDs sums the debits and the credits of some transactions by account and currency.
func TurnoverOfIDs(conn *gorm.DB, ids []uint64) (turnovers []Turnover, err error) {
	err = conn.Raw(`SELECT e.account, e.currency, SUM(IF(e.side = 'debit', e.amount, 0)) AS debit,
			SUM(IF(e.side = 'credit', e.amount, 0)) AS credit
		FROM ledger_entries e`+byTransaction+` WHERE e.ledger_id IN ? GROUP BY e.account, e.currency`, ids).Scan(&turnovers).Error
	return turnovers, err
}

// byTransaction has the server read the entries of a range by their transactions. Statistics of a table that has just grown would have it
// read the index by account, which is the whole ledger.
const byTransaction = " FORCE INDEX (idx_entries_ledger)"

func sumsWhere(index, condition string) string {
	return `SELECT e.account, e.currency, SUM(` + Net + `) AS amount FROM ledger_entries e` + index + ` WHERE ` + condition +
		` GROUP BY e.account, e.currency`
}

func balancesOf(sums seal.Sums) []Balance {
	var balances []Balance
	for account, amounts := range sums {
		for currency, amount := range amounts {
			balances = append(balances, Balance{account, currency, amount})
		}
	}
	slices.SortFunc(balances, func(a, b Balance) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Currency, b.Currency))
	})
	return balances
}

// SumsOfSeals are the sums of the seals up to a number. It continues from the sums that the newest proof that held has recorded, so that it
// reads only the seals since.
func SumsOfSeals(conn *gorm.DB, upTo uint64) (seal.Sums, error) {
	var proven struct {
		SealNumber uint64
		SealSums   string
	}
	err := conn.Raw("SELECT seal_number, seal_sums FROM proofs WHERE held = TRUE ORDER BY id DESC LIMIT 1").Scan(&proven).Error
	if err != nil {
		return nil, err
	}
	total := seal.Sums{}
	if proven.SealNumber > upTo { // seals were removed since: every one that is left counts
		proven.SealNumber = 0
	}
	if proven.SealNumber > 0 {
		if err := AddSums(total, proven.SealSums); err != nil {
			return nil, fmt.Errorf("read the sums of the last proof: %w", err)
		}
	}
	return total, AddSeals(conn, total, proven.SealNumber, upTo)
}

// AddSeals adds the sums of the seals after one number, up to another, to a total.
func AddSeals(conn *gorm.DB, total seal.Sums, after, upTo uint64) error {
	var seals []struct {
		Number uint64
		Sums   string
	}
	err := conn.Raw("SELECT number, sums FROM ledger_seals WHERE number > ? AND number <= ? ORDER BY number", after, upTo).Scan(&seals).Error
	if err != nil {
		return err
	}
	for _, one := range seals {
		if err := AddSums(total, one.Sums); err != nil {
			return fmt.Errorf("read the sums of seal %d: %w", one.Number, err)
		}
	}
	return nil
}

// AddSums adds sums in JSON to a total.
func AddSums(total seal.Sums, text string) error {
	var sums seal.Sums
	if err := json.Unmarshal([]byte(text), &sums); err != nil {
		return err
	}
	total.AddAll(sums)
	return nil
}
