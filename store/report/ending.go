package report

import (
	"context"

	"gorm.io/gorm"

	"farebook/finance"
	"farebook/ledger"
	"farebook/store/internal/journal"
)

// left is Stripe's balance at a time, one by one: the balance transactions that no automatic payout had paid out by then.
type left struct {
	categories *finance.Categories
	opened     finance.Sums
	end        finance.Position
}

// leftAt reads the ledger from its first transaction on, because nothing says of a balance transaction that no payout will ever pay it out.
// A payout counts with what it pays out: both are listed until all of it is in the ledger, and neither afterwards.
func leftAt(tx *gorm.DB, i finance.Interval, take func(finance.Item) error) (l left, err error) {
	i = until(i)
	if err := dated(tx, i.Basis); err != nil {
		return l, err
	}
	if l.end, err = positionAt(tx, i, i.To); err != nil {
		return l, err
	}
	if l.opened, err = openedIn(tx, i); err != nil {
		return l, err
	}
	l.categories = finance.NewCategories()
	done := closedPayouts{tx: tx, interval: i, known: map[string]bool{}}
	return l, items(tx, i, func(item finance.Item) error {
		closed, err := done.has(item.Payout.ID)
		if err != nil || closed {
			return err
		}
		l.categories.Add(item)
		return take(item)
	})
}

func (l left) checks() finance.Checks {
	return l.categories.Checks("the balance transactions that no payout has paid out are Stripe's balance, without the opening balance",
		l.end.AtStripe().Plus(l.opened, -1))
}

// closedPayouts knows which automatic payouts had paid out before a time all that they pay out. It has an entry for each payout.
type closedPayouts struct {
	tx       *gorm.DB
	interval finance.Interval
	known    map[string]bool
}

func (c closedPayouts) has(payoutID string) (bool, error) {
	if payoutID == "" {
		return false, nil
	}
	if closed, known := c.known[payoutID]; known {
		return closed, nil
	}
	closed, err := c.read(payoutID)
	c.known[payoutID] = closed
	return closed, err
}

// read reports whether a payout was posted before the time, and before it all that it pays out, one by one.
func (c closedPayouts) read(payoutID string) (bool, error) {
	posted, err := journal.OfOperations(c.tx, []string{ledger.PayoutKey(payoutID)})
	if err != nil || len(posted) == 0 {
		return false, err
	}
	rows, err := settlings(c.tx, c.interval, posted)
	if err != nil || !rows[0].Date.Before(c.interval.To) {
		return false, err
	}
	sum := finance.Sums{}
	err = contents(c.tx, c.interval, payoutID, func(_ []content, items map[string][]finance.Item) error {
		for _, list := range items {
			for _, item := range list {
				sum[item.Currency] += item.Net
			}
		}
		return nil
	})
	return sum.Equal("", finance.Sums{}.Plus(finance.ClearingOf(rows[0].Entries), -1)).Held, err
}

// EndingBalance sums Stripe's balance at the end of an interval by reporting category.
func (r *Reports) EndingBalance(ctx context.Context, i finance.Interval, sink finance.Sink) (checks finance.Checks, err error) {
	err = r.snapshot(ctx, func(tx *gorm.DB) error {
		l, err := leftAt(tx, i, ignored)
		if err != nil {
			return err
		}
		checks = l.checks()
		return writeAll(sink, finance.SummaryTable(EndingBalanceName, i), l.categories.Rows())
	})
	return checks, err
}

// EndingBalanceItems writes Stripe's balance at the end of an interval, one by one.
func (r *Reports) EndingBalanceItems(ctx context.Context, i finance.Interval, sink finance.Sink) (checks finance.Checks, err error) {
	err = r.snapshot(ctx, func(tx *gorm.DB) error {
		if err := sink.Begin(finance.ItemTable(EndingBalanceName, i)); err != nil {
			return err
		}
		l, err := leftAt(tx, i, func(item finance.Item) error { return sink.Row(item.Row()) })
		if err == nil {
			checks = l.checks()
		}
		return err
	})
	return checks, err
}
