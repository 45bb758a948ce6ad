package monthend

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"farebook/ledger"
	"farebook/ledger/closing"
)

// closingsPage is how many closings are read at once.
const closingsPage = 100

// Verify says what of the closed months is not as it was closed, or nothing: a closing that was changed or removed, and a transaction that
// was added to a closed month. The entries of the last closed month are summed up again, or with all those of every closed month.
func (m *Months) Verify(ctx context.Context, all bool) (reasons []string, err error) {
	calendar, err := m.Calendar(ctx)
	if err != nil {
		return nil, err
	}
	closed, firstOpen, reasons, err := m.intact(ctx)
	if err != nil {
		return nil, err
	}
	if firstOpen != calendar.FirstOpen {
		reasons = append(reasons, fmt.Sprintf("the first open month is %q, and the closings say otherwise", calendar.FirstOpen))
	}
	for _, period := range slices.Sorted(maps.Keys(closed)) {
		reason, err := m.verifyMonth(ctx, closed[period], all || period == calendar.LastClosed())
		if err != nil {
			return nil, err
		}
		if reason != "" {
			reasons = append(reasons, reason)
		}
	}
	return reasons, nil
}

// intact reads the closings, and returns those of the months that are closed, the month that is open by the last of them, and what is wrong
// with the chain.
func (m *Months) intact(ctx context.Context) (
	closed map[ledger.Period]closing.Closing, firstOpen ledger.Period, reasons []string, err error,
) {
	closed = map[ledger.Period]closing.Closing{}
	var last closing.Closing
	for {
		page, err := m.after(ctx, last.Number, closingsPage)
		if err != nil || len(page) == 0 {
			return closed, firstOpen, reasons, err
		}
		for _, one := range page {
			if err := one.Intact(last); err != nil {
				reasons = append(reasons, err.Error())
			}
			closed[one.Trial.Period], firstOpen = one, one.Trial.Period.Next()
			if one.Action == closing.Reopen {
				delete(closed, one.Trial.Period)
				firstOpen = one.Trial.Period
			}
			last = one
		}
	}
}

// verifyMonth says how a closed month differs from its close, or nothing.
func (m *Months) verifyMonth(ctx context.Context, closed closing.Closing, sums bool) (string, error) {
	period := closed.Trial.Period
	var added []uint64
	err := m.db.WithContext(ctx).Raw("SELECT id FROM financial_ledger FORCE INDEX (idx_ledger_period) WHERE period = ? AND id > ? "+
		"ORDER BY id LIMIT 1", period, closed.LastLedgerID).Scan(&added).Error
	if err != nil {
		return "", err
	}
	if len(added) > 0 {
		return fmt.Sprintf("transaction %d was added to %s after it was closed", added[0], period), nil
	}
	if !sums {
		return "", nil
	}
	now, err := m.Recompute(ctx, period)
	if err != nil {
		return "", err
	}
	if err := closed.Holds(now); err != nil {
		return fmt.Sprintf("%s: %s", period, err), nil
	}
	return "", nil
}
