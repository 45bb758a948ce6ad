package report

import (
	"context"

	"gorm.io/gorm"

	"farebook/finance"
	"farebook/store/internal/journal"
)

// Comparing is what Stripe's file is held against. Without an interval it is from the first to the last balance transaction of the file;
// with Payouts it is what else the payouts pay out that the file names.
type Comparing struct {
	File     *finance.StripeFile
	Interval *finance.Interval
	Payouts  bool
}

// Compare holds one of Stripe's itemised reports against the ledger, in both directions.
func (r *Reports) Compare(ctx context.Context, what Comparing, sink finance.Sink) (checks finance.Checks, err error) {
	err = r.snapshot(ctx, func(tx *gorm.DB) error {
		if err := dated(tx, finance.ByEffective); err != nil {
			return err
		}
		books, err := journal.Opening(tx, "")
		if err != nil {
			return err
		}
		shown := always
		if what.Interval != nil {
			shown = *what.Interval
		}
		if err := sink.Begin(finance.ComparisonTable(shown)); err != nil {
			return err
		}
		comparison := finance.NewComparison(sink)
		if err := compareLines(tx, books, what.File, comparison); err != nil {
			return err
		}
		if err := compareItems(tx, what, comparison, books); err != nil {
			return err
		}
		checks = comparison.Checks()
		return nil
	})
	return checks, err
}

// compareLines searches the ledger for what the file has.
func compareLines(tx *gorm.DB, books journal.Books, file *finance.StripeFile, comparison *finance.Comparison) error {
	for {
		lines, err := file.Batch(pageSize)
		if err != nil || len(lines) == 0 {
			return err
		}
		ids := make([]string, len(lines))
		for n, line := range lines {
			ids[n] = line.ID
		}
		found, err := itemsOf(tx, always, ids)
		if err != nil {
			return err
		}
		for _, line := range lines {
			if err := comparison.Line(line, found[line.ID], books.Covers(line.CreatedAt)); err != nil {
				return err
			}
		}
	}
}

// compareItems searches the file for what the ledger has.
func compareItems(tx *gorm.DB, what Comparing, comparison *finance.Comparison, books journal.Books) error {
	switch {
	case what.Payouts:
		return compareContents(tx, comparison)
	case what.Interval != nil:
		return items(tx, *what.Interval, comparison.Item)
	case comparison.Lines() == 0:
		return nil
	}
	return items(tx, comparison.Interval(books.Zone), comparison.Item)
}

func compareContents(tx *gorm.DB, comparison *finance.Comparison) error {
	for _, payout := range comparison.Payouts() {
		err := contents(tx, always, payout, func(page []content, found map[string][]finance.Item) error {
			for _, one := range page {
				for _, item := range found[one.StripeBalanceTransactionID] {
					if err := comparison.Item(item); err != nil {
						return err
					}
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
