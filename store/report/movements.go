package report

import (
	"context"

	"gorm.io/gorm"

	"farebook/finance"
	"farebook/ledger"
	"farebook/ledger/seal"
	"farebook/store/internal/journal"
)

// AccountEntries sums the entries of some accounts in an interval by month, account and kind.
func (r *Reports) AccountEntries(
	ctx context.Context, list finance.MovementList, i finance.Interval, sink finance.Sink,
) (finance.Checks, error) {
	var checks finance.Checks
	err := r.snapshot(ctx, func(tx *gorm.DB) (err error) {
		all := finance.NewMovements()
		checks, err = movementsIn(tx, list, i, all, func(finance.Movement) error { return nil })
		if err != nil {
			return err
		}
		return writeAll(sink, finance.MovementSummaryTable(list.Name, i), all.Rows())
	})
	return checks, err
}

// AccountEntryItems writes the entries of some accounts in an interval one by one.
func (r *Reports) AccountEntryItems(
	ctx context.Context, list finance.MovementList, i finance.Interval, sink finance.Sink,
) (finance.Checks, error) {
	var checks finance.Checks
	err := r.snapshot(ctx, func(tx *gorm.DB) (err error) {
		if err := sink.Begin(finance.MovementTable(list.Name, i)); err != nil {
			return err
		}
		checks, err = movementsIn(tx, list, i, finance.NewMovements(), func(m finance.Movement) error { return sink.Row(m.Row()) })
		return err
	})
	return checks, err
}

// movementsIn reads the entries of accounts in an interval, and the balances at its ends apart from them.
func movementsIn(
	tx *gorm.DB, list finance.MovementList, i finance.Interval, all *finance.Movements, take func(finance.Movement) error,
) (finance.Checks, error) {
	opening, closing, err := ends(tx, i)
	if err != nil {
		return nil, err
	}
	err = walk(tx, i, func(page []place) error {
		rows, err := rowsOn(tx, i, page, list.Accounts)
		if err != nil {
			return err
		}
		for _, row := range rows {
			for _, one := range finance.MovementsOf(row, list.Accounts) {
				all.Add(one)
				if err := take(one); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return all.Checks(list.Accounts, opening, closing), err
}

// ends are the balances at both ends of an interval.
func ends(tx *gorm.DB, i finance.Interval) (opening, closing seal.Sums, err error) {
	if err := dated(tx, i.Basis); err != nil {
		return nil, nil, err
	}
	if opening, err = sumsBefore(tx, i, i.From); err != nil {
		return nil, nil, err
	}
	closing, err = sumsBefore(tx, i, i.To)
	return opening, closing, err
}

// rowsOn reads the transactions of a page that have entries on some accounts, in the order of the page; without accounts, all of them.
func rowsOn(tx *gorm.DB, i finance.Interval, page []place, accounts []ledger.Account) ([]finance.Settling, error) {
	ids := idsOf(page)
	if len(accounts) > 0 {
		var wanted []uint64
		err := tx.Table("ledger_entries").Where("ledger_id IN ? AND account IN ?", ids, accounts).Distinct().Pluck("ledger_id", &wanted).Error
		if err != nil || len(wanted) == 0 {
			return nil, err
		}
		ids = wanted
	}
	posted, err := journal.WithPeriod(tx, ids)
	if err != nil {
		return nil, err
	}
	rows, err := settlings(tx, i, posted)
	if err != nil {
		return nil, err
	}
	byID := make(map[uint64]finance.Settling, len(rows))
	for _, row := range rows {
		byID[row.ID] = row
	}
	ordered := make([]finance.Settling, 0, len(rows))
	for _, p := range page {
		if row, found := byID[p.ID]; found {
			ordered = append(ordered, row)
		}
	}
	return ordered, nil
}

// Late writes the entries of an interval that count in a later month than that in which they took effect. They and the others are what
// moved every account.
func (r *Reports) Late(ctx context.Context, i finance.Interval, sink finance.Sink) (checks finance.Checks, err error) {
	err = r.snapshot(ctx, func(tx *gorm.DB) error {
		opening, closing, err := ends(tx, i)
		if err != nil {
			return err
		}
		if err := sink.Begin(finance.MovementTable(finance.LateName, i)); err != nil {
			return err
		}
		all := finance.NewMovements()
		err = walk(tx, i, func(page []place) error {
			rows, err := rowsOn(tx, i, page, nil)
			if err != nil {
				return err
			}
			return lateOnes(rows, i, all, sink)
		})
		checks = all.Checks(ledger.Accounts, opening, closing)
		return err
	})
	return checks, err
}

func lateOnes(rows []finance.Settling, i finance.Interval, all *finance.Movements, sink finance.Sink) error {
	for _, row := range rows {
		for _, one := range finance.MovementsOf(row, ledger.Accounts) {
			all.Add(one)
			if !row.Late(i) {
				continue
			}
			if err := sink.Row(one.Row()); err != nil {
				return err
			}
		}
	}
	return nil
}
