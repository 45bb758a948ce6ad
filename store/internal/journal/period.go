package journal

import (
	"gorm.io/gorm"

	"farebook/ledger"
	"farebook/ledger/closing"
)

// periodPage is how many transactions one statement over a month covers at most.
const periodPage = 5_000

// PeriodSums is what a month, or a part of it, debits and credits, and how many transactions and entries that is.
type PeriodSums struct {
	Movements             []closing.Movement
	Transactions, Entries uint64
}

// SumsOfPeriod sums a month's transactions after one id, up to another, in pages. The index on period has them in the order of their ids.
func SumsOfPeriod(conn *gorm.DB, period ledger.Period, after, to uint64) (sums PeriodSums, err error) {
	for after < to {
		last, err := endOfPage(conn, period, after, to)
		if err != nil {
			return sums, err
		}
		if err := sums.add(conn, period, after, last); err != nil {
			return sums, err
		}
		after = last
	}
	return sums, nil
}

// endOfPage is the id of the last transaction of the next page.
func endOfPage(conn *gorm.DB, period ledger.Period, after, to uint64) (uint64, error) {
	var ids []uint64
	err := conn.Raw("SELECT id FROM financial_ledger FORCE INDEX (idx_ledger_period) WHERE period = ? AND id > ? AND id <= ? ORDER BY id "+
		"LIMIT 1 OFFSET ?", period, after, to, periodPage-1).Scan(&ids).Error
	if err != nil || len(ids) == 0 {
		return to, err
	}
	return ids[0], nil
}

func (s *PeriodSums) add(conn *gorm.DB, period ledger.Period, after, to uint64) error {
	var transactions uint64
	err := conn.Raw("SELECT COUNT(*) FROM financial_ledger FORCE INDEX (idx_ledger_period) WHERE period = ? AND id > ? AND id <= ?", period,
		after, to).Scan(&transactions).Error
	if err != nil || transactions == 0 {
		return err
	}
	var rows []struct {
		closing.Movement
		Entries uint64
	}
	err = conn.Raw(`SELECT e.account, e.currency, SUM(IF(e.side = 'debit', e.amount, 0)) AS debit, SUM(IF(e.side = 'credit', e.amount, 0)) AS credit,
		COUNT(*) AS entries FROM financial_ledger l FORCE INDEX (idx_ledger_period) STRAIGHT_JOIN ledger_entries e `+byTransaction+`
		ON e.ledger_id = l.id WHERE l.period = ? AND l.id > ? AND l.id <= ? GROUP BY e.account, e.currency`, period, after, to).Scan(&rows).Error
	s.Transactions += transactions
	for _, row := range rows {
		s.Movements = append(s.Movements, row.Movement)
		s.Entries += row.Entries
	}
	return err
}

// Add adds the sums of another part of the month.
func (s *PeriodSums) Add(other PeriodSums) {
	s.Movements = append(s.Movements, other.Movements...)
	s.Transactions += other.Transactions
	s.Entries += other.Entries
}

// NextPeriod is the first month after one that has transactions, or the zero Period.
func NextPeriod(conn *gorm.DB, after ledger.Period) (next ledger.Period, err error) {
	var found *ledger.Period
	err = conn.Raw("SELECT MIN(period) FROM financial_ledger WHERE period > ?", after).Scan(&found).Error
	if found != nil {
		next = *found
	}
	return next, err
}

// WithoutPeriod is the first transaction without a period, as an older release writes it, or 0 if every transaction has one. The locking
// read waits for those that are being written or completed.
func WithoutPeriod(tx *gorm.DB, lock string) (uint64, error) {
	var ids []uint64
	err := tx.Raw("SELECT id FROM financial_ledger FORCE INDEX (idx_ledger_period) WHERE period IS NULL ORDER BY id LIMIT 1 " + lock).
		Scan(&ids).Error
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	return ids[0], nil
}
