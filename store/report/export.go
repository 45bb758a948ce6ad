package report

import (
	"context"

	"gorm.io/gorm"

	"farebook/finance"
)

// Export writes the ledger of an interval to a journal, with its openings and closings.
func (r *Reports) Export(ctx context.Context, i finance.Interval, journal finance.Journal) (checks finance.Checks, err error) {
	err = r.snapshot(ctx, func(tx *gorm.DB) error {
		lines, err := trial(tx, i)
		if err != nil {
			return err
		}
		checks = finance.CheckTrial(lines)
		if err := journal.Begin(i, lines); err != nil {
			return err
		}
		if err := transactions(tx, i, journal.Add); err != nil {
			return err
		}
		return journal.End()
	})
	return checks, err
}
