package report

import (
	"context"

	"gorm.io/gorm"

	"farebook/finance"
	"farebook/ledger"
	"farebook/store/internal/journal"
)

// AccountBalances writes the balance of each account at the end of an interval.
func (r *Reports) AccountBalances(ctx context.Context, i finance.Interval, sink finance.Sink) (checks finance.Checks, err error) {
	err = r.snapshot(ctx, func(tx *gorm.DB) error {
		if err := dated(tx, i.Basis); err != nil {
			return err
		}
		sums, err := sumsBefore(tx, i, i.To)
		if err != nil {
			return err
		}
		var rows []finance.Row
		rows, checks = finance.Balances(sums)
		return writeAll(sink, finance.BalancesTable(i), rows)
	})
	return checks, err
}

// TrialBalance writes the opening, the turnover and the closing of each account.
func (r *Reports) TrialBalance(ctx context.Context, i finance.Interval, sink finance.Sink) (checks finance.Checks, err error) {
	err = r.snapshot(ctx, func(tx *gorm.DB) error {
		lines, err := trial(tx, i)
		if err != nil {
			return err
		}
		rows := make([]finance.Row, len(lines))
		for n, line := range lines {
			rows[n] = line.Row()
		}
		checks = finance.CheckTrial(lines)
		return writeAll(sink, finance.TrialTable(i), rows)
	})
	return checks, err
}

// trial reads a trial balance: its opening and closing by the seals, and its turnover by the entries.
func trial(tx *gorm.DB, i finance.Interval) ([]finance.TrialLine, error) {
	if err := dated(tx, i.Basis); err != nil {
		return nil, err
	}
	opening, err := sumsBefore(tx, i, i.From)
	if err != nil {
		return nil, err
	}
	closing, err := sumsBefore(tx, i, i.To)
	if err != nil {
		return nil, err
	}
	turnovers := finance.Turnovers{}
	err = walk(tx, i, func(page []place) error {
		part, err := journal.TurnoverOfIDs(tx, idsOf(page))
		for _, one := range part {
			turnovers.Add(finance.Of{Account: one.Account, Currency: one.Currency}, one.Debit, one.Credit)
		}
		return err
	})
	return finance.Trial(opening, turnovers, closing), err
}

// Statement writes an account's entries with the balance after each.
func (r *Reports) Statement(
	ctx context.Context, account ledger.Account, i finance.Interval, sink finance.Sink,
) (checks finance.Checks, err error) {
	err = r.snapshot(ctx, func(tx *gorm.DB) error {
		if err := dated(tx, i.Basis); err != nil {
			return err
		}
		opening, err := sumsBefore(tx, i, i.From)
		if err != nil {
			return err
		}
		closing, err := sumsBefore(tx, i, i.To)
		if err != nil {
			return err
		}
		statement, err := finance.NewStatement(account, opening, i, sink)
		if err != nil {
			return err
		}
		err = transactions(tx, i, statement.Add)
		if err != nil {
			return err
		}
		checks, err = statement.End(closing)
		return err
	})
	return checks, err
}

// transactions reads the transactions of an interval one by one, in the order of their dates.
func transactions(tx *gorm.DB, i finance.Interval, take func(finance.Posted) error) error {
	return walk(tx, i, func(page []place) error {
		posted, err := read(tx, i, page)
		if err != nil {
			return err
		}
		for _, one := range posted {
			if err := take(one); err != nil {
				return err
			}
		}
		return nil
	})
}

func writeAll(sink finance.Sink, table finance.Table, rows []finance.Row) error {
	if err := sink.Begin(table); err != nil {
		return err
	}
	for _, row := range rows {
		if err := sink.Row(row); err != nil {
			return err
		}
	}
	return nil
}
