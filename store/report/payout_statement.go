package report

import (
	"context"
	"time"

	"gorm.io/gorm"

	"farebook/booking"
	"farebook/finance"
	"farebook/ledger"
	"farebook/money"
	"farebook/store"
	"farebook/store/internal/db"
	"farebook/store/internal/journal"
)

// PayoutStatement writes what a payout pays out, line by line, and what remains after every line. Error: store.ErrNotFound.
func (r *Reports) PayoutStatement(ctx context.Context, payoutID string, sink finance.Sink) (checks finance.Checks, err error) {
	err = r.snapshot(ctx, func(tx *gorm.DB) error {
		payout, err := paidPayout(tx, payoutID)
		if err != nil {
			return err
		}
		books, err := journal.Opening(tx, "")
		if err != nil {
			return err
		}
		shown := finance.Interval{To: r.now(), Basis: finance.ByEffective, Zone: books.Zone}
		statement, err := finance.NewPayoutStatement(payout, shown, sink)
		if err != nil {
			return err
		}
		err = contents(tx, always, payoutID, func(page []content, items map[string][]finance.Item) error {
			for _, one := range page {
				if err := writeContent(statement, one, items[one.StripeBalanceTransactionID], books.Covers(one.SettledAt)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		checks, err = statement.End()
		return err
	})
	return checks, err
}

func writeContent(statement *finance.PayoutStatement, one content, items []finance.Item, opened bool) error {
	if len(items) == 0 {
		return statement.Unposted(finance.PayoutLine{
			ID: one.StripeBalanceTransactionID, SettledAt: one.SettledAt, Category: one.ReportingCategory, Opened: opened,
			Net: money.Money{Value: one.Net, Currency: one.Currency},
		})
	}
	for _, item := range items {
		if err := statement.Item(item); err != nil {
			return err
		}
	}
	return nil
}

// paidPayout reads a payout, and what left Stripe's balance with it.
func paidPayout(tx *gorm.DB, payoutID string) (finance.PaidPayout, error) {
	var row struct {
		Status               booking.PayoutStatus
		Amount               int64
		Currency             money.Currency
		Automatic            bool
		Transactions         int
		Proof                store.Proof
		CreatedAt            time.Time
		ArrivesAt            *time.Time
		TraceStatus, TraceID *string
	}
	err := tx.Table("payouts").Where("stripe_payout_id = ?", payoutID).Take(&row).Error
	if err != nil {
		return finance.PaidPayout{}, db.NotFound(err)
	}
	posted, err := journal.OfOperations(tx, []string{ledger.PayoutKey(payoutID)})
	payout := finance.PaidPayout{
		ID: payoutID, Status: row.Status, Amount: money.Money{Value: row.Amount, Currency: row.Currency}, Automatic: row.Automatic,
		Complete: row.Proof == store.ProofProven || row.Proof == store.ProofUnproven, Count: row.Transactions, CreatedAt: row.CreatedAt,
		ArrivesAt: db.TimeOrZero(row.ArrivesAt), TraceStatus: db.OrEmpty(row.TraceStatus), TraceID: db.OrEmpty(row.TraceID),
		Left: finance.Sums{},
	}
	for _, one := range posted {
		payout.Left = payout.Left.Plus(finance.ClearingOf(one.Entries), -1)
	}
	return payout, err
}
