package store

import (
	"context"
	"slices"

	"farebook/booking"
	"farebook/reconciliation"
)

// Noted is what people have said that the books and Stripe may differ by: items that are resolved by a note alone, and are still
// as they were. Reconciliation and verify both hold the clearing account against it, so that they agree.
type Noted struct {
	// Lines is the difference of balance transactions on the clearing account: here less at Stripe, per currency in minor units.
	Lines map[booking.Currency]int64
	// Items are those that Lines are of.
	Items []uint64
	// Gaps are differences of the whole account, per currency, that were noted as such.
	Gaps map[booking.Currency][]int64
}

// Unposted is what a note on an item leaves outside the books: here less at Stripe on the clearing account, minor units of its
// currency; zero for an item about no balance transaction.
func (i Item) Unposted() int64 { return i.Posted - i.Net }

// Explains tells whether a difference between the clearing account and Stripe's balance is noted, and nothing beside it.
func (n Noted) Explains(currency booking.Currency, difference int64) bool {
	return difference == n.Lines[currency] || slices.Contains(n.Gaps[currency], difference)
}

// notedPage is how many items' postings are read at once.
const notedPage = 500

// Noted reads what is noted of balance transactions that a run has no item about: those are the run's own to explain.
func (s *Store) Noted(ctx context.Context, exceptRun uint64) (Noted, error) {
	noted := Noted{Lines: map[booking.Currency]int64{}, Gaps: map[booking.Currency][]int64{}}
	var gaps []itemRow
	err := s.db.WithContext(ctx).Where("state = ? AND stripe_balance_transaction_id = '' AND object = ?", ItemResolved, string(booking.ObjectClearing)).
		Find(&gaps).Error
	if err != nil {
		return noted, err
	}
	for _, gap := range gaps {
		currency := booking.Currency(gap.Currency)
		noted.Gaps[currency] = append(noted.Gaps[currency], gap.AmountHere-gap.AmountAtStripe)
	}
	for after := ""; ; {
		var rows []itemRow
		latest := s.db.Model(&itemRow{}).Select("MAX(id) AS id").Where("state = ? AND stripe_balance_transaction_id > ?", ItemResolved, after).
			Group("stripe_balance_transaction_id").Order("stripe_balance_transaction_id").Limit(notedPage)
		// A table around the latest ids: MySQL takes no LIMIT within IN.
		err := s.db.WithContext(ctx).Where("id IN (SELECT id FROM (?) latest)", latest).
			Order("stripe_balance_transaction_id").Find(&rows).Error
		if err != nil || len(rows) == 0 {
			return noted, err
		}
		if err := s.addNoted(ctx, &noted, rows, exceptRun); err != nil {
			return noted, err
		}
		after = rows[len(rows)-1].StripeBalanceTransactionID
	}
}

func (s *Store) addNoted(ctx context.Context, noted *Noted, rows []itemRow, exceptRun uint64) error {
	ids, lines := make([]string, len(rows)), make([]reconciliation.Line, len(rows))
	for i, row := range rows {
		ids[i], lines[i] = row.StripeBalanceTransactionID, row.domain().Line()
	}
	var own []string
	err := s.db.WithContext(ctx).Model(&itemRow{}).Where("run_id = ? AND stripe_balance_transaction_id IN ?", exceptRun, ids).
		Pluck("stripe_balance_transaction_id", &own).Error
	if err != nil {
		return err
	}
	posted, err := s.PostingsOf(ctx, lines)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if slices.Contains(own, row.StripeBalanceTransactionID) {
			continue
		}
		now, item := reconciliation.Clearing(posted[row.StripeBalanceTransactionID]), row.domain()
		if now[item.Currency] != item.Posted {
			continue // posted since: another difference, or none
		}
		now[item.Currency] -= item.Net
		for currency, amount := range now {
			noted.Lines[currency] += amount
		}
		if now[item.Currency] != 0 || len(now) > 1 {
			noted.Items = append(noted.Items, row.ID)
		}
	}
	return nil
}
