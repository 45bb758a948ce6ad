package report

import (
	"context"

	"gorm.io/gorm"

	"farebook/finance"
	"farebook/ledger"
	"farebook/store/internal/journal"
)

// moved is what moved Stripe's balance in an interval.
type moved struct {
	start, end finance.Position
	opened     finance.Sums
	categories *finance.Categories
}

// movedIn reads the balance transactions of an interval, and the positions at its ends apart from them. Each is taken as it is read.
func movedIn(tx *gorm.DB, i finance.Interval, take func(finance.Item) error) (m moved, err error) {
	if err := dated(tx, i.Basis); err != nil {
		return m, err
	}
	if m.start, err = positionAt(tx, i, i.From); err != nil {
		return m, err
	}
	if m.end, err = positionAt(tx, i, i.To); err != nil {
		return m, err
	}
	if m.opened, err = openedIn(tx, i); err != nil {
		return m, err
	}
	m.categories = finance.NewCategories()
	err = items(tx, i, func(item finance.Item) error {
		m.categories.Add(item)
		return take(item)
	})
	return m, err
}

// change is what the clearing account says that the balance transactions of the interval add up to.
func (m moved) change() finance.Sums {
	return m.end.AtStripe().Plus(m.start.AtStripe(), -1).Plus(m.opened, -1)
}

// openedIn is the opening balance that was posted in an interval: Stripe's balance before its transactions came one by one.
func openedIn(tx *gorm.DB, i finance.Interval) (finance.Sums, error) {
	opened := finance.Sums{}
	var ids []uint64
	err := tx.Table("financial_ledger").Where("operation_key LIKE 'opening/%' AND type = ?", ledger.TypeOpeningBalance).Pluck("id", &ids).Error
	if err != nil || len(ids) == 0 {
		return opened, err
	}
	posted, err := journal.WithPeriod(tx, ids)
	if err != nil {
		return nil, err
	}
	rows, err := settlings(tx, i, posted)
	for _, row := range rows {
		if i.Contains(row.Date) {
			opened = opened.Plus(finance.ClearingOf(row.Entries), 1)
		}
	}
	return opened, err
}

func ignored(finance.Item) error { return nil }

// BalanceSummary writes Stripe's balance at both ends of an interval and what moved it, with what the clearing account has in transit.
func (r *Reports) BalanceSummary(ctx context.Context, i finance.Interval, sink finance.Sink) (checks finance.Checks, err error) {
	err = r.snapshot(ctx, func(tx *gorm.DB) error {
		m, err := movedIn(tx, i, ignored)
		if err != nil {
			return err
		}
		payouts := finance.Sums{}.Plus(m.categories.NetOf(true), -1)
		summary := finance.BalanceSummary{
			Interval: i, Start: m.start, End: m.end, Opened: m.opened, Activity: m.categories.NetOf(false), Payouts: payouts,
		}
		checks = append(summary.Checks(), m.checks()...)
		if err := writeAll(sink, finance.BalanceTable(i), summary.Rows()); err != nil {
			return err
		}
		return inTransit(tx, i, i.To, func(row finance.Settling) error {
			for _, line := range finance.InTransit(row.Posted) {
				if err := sink.Row(line); err != nil {
					return err
				}
			}
			return nil
		})
	})
	return checks, err
}

// everyMovement is what the balance transactions of an interval must add up to.
const everyMovement = "the balance transactions are what moved " + string(ledger.AssetStripeClearing) + ", without payments in transit"

// The reports of balance transactions by name.
const (
	BalanceChangeName        = "balance-change"
	PayoutReconciliationName = "payout-reconciliation"
	EndingBalanceName        = "ending-balance"
)

// BalanceChange sums the balance transactions of an interval, without payouts, by reporting category.
func (r *Reports) BalanceChange(ctx context.Context, i finance.Interval, sink finance.Sink) (checks finance.Checks, err error) {
	err = r.snapshot(ctx, func(tx *gorm.DB) error {
		activity := finance.NewCategories()
		m, err := movedIn(tx, i, func(item finance.Item) error {
			if !item.IsPayout() {
				activity.Add(item)
			}
			return nil
		})
		if err != nil {
			return err
		}
		checks = m.checks()
		return writeAll(sink, finance.SummaryTable(BalanceChangeName, i), activity.Rows())
	})
	return checks, err
}

// checks prove the balance transactions, payouts among them.
func (m moved) checks() finance.Checks { return m.categories.Checks(everyMovement, m.change()) }

// BalanceChangeItems writes the balance transactions of an interval, without payouts, one by one.
func (r *Reports) BalanceChangeItems(ctx context.Context, i finance.Interval, sink finance.Sink) (checks finance.Checks, err error) {
	err = r.snapshot(ctx, func(tx *gorm.DB) error {
		if err := sink.Begin(finance.ItemTable(BalanceChangeName, i)); err != nil {
			return err
		}
		m, err := movedIn(tx, i, func(item finance.Item) error {
			if item.IsPayout() {
				return nil
			}
			return sink.Row(item.Row())
		})
		if err == nil {
			checks = m.checks()
		}
		return err
	})
	return checks, err
}
