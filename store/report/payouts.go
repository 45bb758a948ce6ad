package report

import (
	"context"
	"maps"
	"slices"
	"time"

	"gorm.io/gorm"

	"farebook/finance"
	"farebook/ledger"
	"farebook/money"
)

// always is every date, by effective date.
var always = finance.Interval{
	To: time.Date(9999, time.December, 31, 0, 0, 0, 0, time.UTC), Basis: finance.ByEffective, Zone: time.UTC,
}

// until is an interval from the first transaction on.
func until(i finance.Interval) finance.Interval {
	i.From = time.Time{}
	return i
}

// after is the time from the end of an interval on.
func after(i finance.Interval) finance.Interval {
	i.From, i.To = i.To, always.To
	return i
}

// content is a balance transaction that a payout pays out, as Stripe lists it.
type content struct {
	StripeBalanceTransactionID string
	ReportingCategory          string
	Net                        int64
	Currency                   money.Currency
	SettledAt                  time.Time
}

// contents reads what a payout pays out, page by page: what Stripe lists, and the items that the ledger has of it in an interval.
func contents(
	tx *gorm.DB, i finance.Interval, payoutID string, take func(page []content, items map[string][]finance.Item) error,
) error {
	after := ""
	for {
		var page []content
		err := tx.Table("payout_transactions").Where("stripe_payout_id = ? AND stripe_balance_transaction_id > ?", payoutID, after).
			Order("stripe_balance_transaction_id").Limit(pageSize).Scan(&page).Error
		if err != nil || len(page) == 0 {
			return err
		}
		ids := make([]string, len(page))
		for n, one := range page {
			ids[n] = one.StripeBalanceTransactionID
		}
		items, err := itemsOf(tx, i, ids)
		if err != nil {
			return err
		}
		if err := take(page, items); err != nil {
			return err
		}
		after = ids[len(ids)-1]
	}
}

// itemsOf reads some balance transactions as the ledger has them in an interval.
func itemsOf(tx *gorm.DB, i finance.Interval, ids []string) (map[string][]finance.Item, error) {
	settled, err := settledOf(tx, i, ids)
	if err != nil {
		return nil, err
	}
	var list []finance.Item
	for _, one := range settled {
		list = append(list, one.Items(i)...)
	}
	found := map[string][]finance.Item{}
	return found, completed(tx, i, list, func(item finance.Item) error {
		found[item.ID] = append(found[item.ID], item)
		return nil
	})
}

// payoutsIn reads the automatic payouts that left Stripe's balance in an interval, and what left with each.
func payoutsIn(tx *gorm.DB, i finance.Interval, take func(payoutID string, left finance.Sums) error) error {
	return walk(tx, i, func(page []place) error {
		var ids []uint64
		err := tx.Table("financial_ledger l").Joins("JOIN payouts p ON p.stripe_payout_id = l.stripe_object_id AND p.automatic").
			Where("l.id IN ? AND l.type = ?", idsOf(page), ledger.TypePayout).Order("l.id").Pluck("l.id", &ids).Error
		if err != nil || len(ids) == 0 {
			return err
		}
		wanted := make(map[uint64]bool, len(ids))
		for _, id := range ids {
			wanted[id] = true
		}
		var some []place
		for _, p := range page {
			if wanted[p.ID] {
				some = append(some, p)
			}
		}
		posted, err := read(tx, i, some)
		if err != nil {
			return err
		}
		for _, one := range posted {
			if err := take(one.ObjectID, finance.Sums{}.Plus(finance.ClearingOf(one.Entries), -1)); err != nil {
				return err
			}
		}
		return nil
	})
}

// paid is what the automatic payouts of an interval pay out. A balance transaction whose posting comes after the interval, as when the
// event of a payment was lost over the end of a month, is in late and in no category: a report by posting does not change afterwards.
type paid struct {
	categories *finance.Categories
	left, late finance.Sums
	each       *finance.Proof
}

// paidIn reads what the automatic payouts of an interval pay out, one payout after the other.
func paidIn(tx *gorm.DB, i finance.Interval, take func(finance.Item) error) (paid, error) {
	each := finance.NewProof("the balance transactions of each automatic payout add up to it")
	p := paid{finance.NewCategories(), finance.Sums{}, finance.Sums{}, each}
	if err := dated(tx, i.Basis); err != nil {
		return p, err
	}
	err := payoutsIn(tx, i, func(payoutID string, left finance.Sums) error {
		p.left = p.left.Plus(left, 1)
		sum := finance.Sums{}
		err := contents(tx, until(i), payoutID, func(page []content, items map[string][]finance.Item) error {
			for _, one := range page {
				for _, item := range items[one.StripeBalanceTransactionID] {
					p.categories.Add(item)
					sum[item.Currency] += item.Net
					if err := take(item); err != nil {
						return err
					}
				}
			}
			return nil
		})
		if err != nil || sum.Equal("", left).Held {
			return err
		}
		late, err := postedAfter(tx, i, payoutID)
		p.late = p.late.Plus(late, 1)
		if equal := sum.Plus(late, 1).Equal("", left); !equal.Held {
			p.each.Differs("%s: %s", payoutID, equal.Detail)
		}
		return err
	})
	return p, err
}

// postedAfter sums what the ledger has posted after an interval for what a payout pays out.
func postedAfter(tx *gorm.DB, i finance.Interval, payoutID string) (finance.Sums, error) {
	late := finance.Sums{}
	return late, contents(tx, after(i), payoutID, func(_ []content, items map[string][]finance.Item) error {
		for _, item := range slices.Concat(slices.Collect(maps.Values(items))...) {
			late[item.Currency] += item.Net
		}
		return nil
	})
}

func (p paid) checks() finance.Checks {
	text := "the balance transactions are what the automatic payouts took from " + string(ledger.AssetStripeClearing)
	for _, currency := range slices.Sorted(maps.Keys(p.late)) {
		text += ", but for " + money.Text(p.late[currency], currency) + " that was posted after the interval"
	}
	return append(p.categories.Checks(text, p.left.Plus(p.late, -1)), p.each.Check())
}

// PayoutReconciliation sums what the automatic payouts that left Stripe's balance in an interval pay out, by reporting category.
func (r *Reports) PayoutReconciliation(ctx context.Context, i finance.Interval, sink finance.Sink) (checks finance.Checks, err error) {
	err = r.snapshot(ctx, func(tx *gorm.DB) error {
		p, err := paidIn(tx, i, ignored)
		if err != nil {
			return err
		}
		checks = p.checks()
		return writeAll(sink, finance.SummaryTable(PayoutReconciliationName, i), p.categories.Rows())
	})
	return checks, err
}

// PayoutReconciliationItems writes what the automatic payouts that left Stripe's balance in an interval pay out, one by one.
func (r *Reports) PayoutReconciliationItems(
	ctx context.Context, i finance.Interval, sink finance.Sink,
) (checks finance.Checks, err error) {
	err = r.snapshot(ctx, func(tx *gorm.DB) error {
		if err := sink.Begin(finance.ItemTable(PayoutReconciliationName, i)); err != nil {
			return err
		}
		p, err := paidIn(tx, i, func(item finance.Item) error { return sink.Row(item.Row()) })
		checks = p.checks()
		return err
	})
	return checks, err
}
