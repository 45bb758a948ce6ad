package monthend

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"farebook/ledger"
	"farebook/money"
	"farebook/store/internal/journal"
)

// SuspendedItem is money in suspense that nothing has cleared: what is left of a balance transaction, or of a transaction without one.
type SuspendedItem struct {
	LedgerID uint64 // the first transaction
	Since    time.Time
	Amount   int64 // debits less credits, in minor units
}

// Suspended lists what is in suspense at the end of a month in one currency, the oldest first.
func (m *Months) Suspended(ctx context.Context, period ledger.Period, currency money.Currency, limit int) ([]SuspendedItem, error) {
	var items []SuspendedItem
	err := m.db.WithContext(ctx).Raw(`SELECT MIN(l.id) AS ledger_id, MIN(l.effective_at) AS since, SUM(`+journal.Net+`) AS amount
		FROM ledger_entries e JOIN financial_ledger l ON l.id = e.ledger_id
		WHERE e.account = ? AND e.currency = ? AND l.period <= ?
		GROUP BY l.stripe_balance_transaction_id, IF(l.stripe_balance_transaction_id = '', l.id, 0)
		HAVING SUM(`+journal.Net+`) <> 0 ORDER BY since, ledger_id LIMIT ?`, ledger.EquitySuspense, currency, period, limit).Scan(&items).Error
	return items, err
}

// amounts are amounts by currency as text.
func amounts(sums map[money.Currency]int64) string {
	texts := make([]string, 0, len(sums))
	for _, currency := range slices.Sorted(maps.Keys(sums)) {
		texts = append(texts, fmt.Sprintf("%s %s", currency, money.Text(sums[currency], currency)))
	}
	return strings.Join(texts, ", ")
}
