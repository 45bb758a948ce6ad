package recon

import (
	"context"
	"slices"

	"farebook/booking"
	"farebook/money"
	"farebook/reconciliation"
)

// Noted sums the items that were resolved by a note without a correction and have not changed since.
type Noted struct {
	// Lines is their difference on the clearing account: the books less Stripe, in minor units by currency.
	Lines map[money.Currency]int64
	// Items are the items that Lines sums.
	Items []uint64
	// Gaps are noted differences of a whole account, by the finding's StripeID.
	Gaps map[string][]int64
}

// CompareBalances compares the books with Stripe's balances. A run's items explain their own differences, and notes explain the rest.
// verify passes run 0, which has no items, so that verify and reconciliation use the same comparison.
func (r *Runs) CompareBalances(ctx context.Context, there booking.Balances, runID uint64, tolerance int64) ([]reconciliation.Gap, error) {
	here, err := r.books.BalancesOf(ctx)
	if err != nil {
		return nil, err
	}
	noted, err := r.Noted(ctx, runID)
	if err != nil {
		return nil, err
	}
	explained, err := r.Explained(ctx, runID)
	if err != nil {
		return nil, err
	}
	for currency, amount := range explained {
		noted.Lines[currency] += amount
	}
	return reconciliation.CompareBalances(here, there, reconciliation.Allowance{Lines: noted.Lines, Gaps: noted.Gaps, Tolerance: tolerance}),
		nil
}

// Unposted is the amount that a note on an item leaves out of the books: clearing account less Stripe, in minor units of its currency. It
// is zero for an item without a balance transaction.
func (i Item) Unposted() int64 { return i.Posted - i.Net }

// notedPage is the number of items whose postings are read at once.
const notedPage = 500

// Noted sums the notes on balance transactions for which the run has no item; the run's own items explain theirs.
func (r *Runs) Noted(ctx context.Context, exceptRun uint64) (Noted, error) {
	noted := Noted{Lines: map[money.Currency]int64{}, Gaps: map[string][]int64{}}
	var gaps []itemRow
	err := r.db.WithContext(ctx).Where("state = ? AND stripe_balance_transaction_id = '' AND object IN ?", ItemResolved,
		[]reconciliation.Object{reconciliation.ObjectClearing, reconciliation.ObjectBalanceKind}).Find(&gaps).Error
	if err != nil {
		return noted, err
	}
	for _, gap := range gaps {
		noted.Gaps[gap.StripeID] = append(noted.Gaps[gap.StripeID], gap.AmountHere-gap.AmountAtStripe)
	}
	for after := ""; ; {
		var rows []itemRow
		latest := r.db.Model(&itemRow{}).Select("MAX(id) AS id").Where("state = ? AND stripe_balance_transaction_id > ?", ItemResolved, after).
			Group("stripe_balance_transaction_id").Order("stripe_balance_transaction_id").Limit(notedPage)
		// MySQL allows no LIMIT inside IN, so the newest ids are a derived table.
		err := r.db.WithContext(ctx).Where("id IN (SELECT id FROM (?) latest)", latest).
			Order("stripe_balance_transaction_id").Find(&rows).Error
		if err != nil || len(rows) == 0 {
			return noted, err
		}
		if err := r.addNoted(ctx, &noted, rows, exceptRun); err != nil {
			return noted, err
		}
		after = rows[len(rows)-1].StripeBalanceTransactionID
	}
}

func (r *Runs) addNoted(ctx context.Context, noted *Noted, rows []itemRow, exceptRun uint64) error {
	ids, lines := make([]string, len(rows)), make([]reconciliation.Line, len(rows))
	for i, row := range rows {
		ids[i], lines[i] = row.StripeBalanceTransactionID, row.domain().Line()
	}
	var own []string
	err := r.db.WithContext(ctx).Model(&itemRow{}).Where("run_id = ? AND stripe_balance_transaction_id IN ?", exceptRun, ids).
		Pluck("stripe_balance_transaction_id", &own).Error
	if err != nil {
		return err
	}
	posted, err := r.PostingsOf(ctx, lines)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if slices.Contains(own, row.StripeBalanceTransactionID) {
			continue
		}
		now, item := reconciliation.Clearing(posted[row.StripeBalanceTransactionID]), row.domain()
		if now[item.Currency] != item.Posted {
			continue // posted since, so the note no longer applies
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
