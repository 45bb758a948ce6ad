package finance

import (
	"cmp"
	"maps"
	"slices"

	"farebook/ledger"
	"farebook/ledger/seal"
	"farebook/money"
)

// Of is one account in one currency.
type Of struct {
	Account  ledger.Account
	Currency money.Currency
}

// Turnover is what was debited and credited, in minor units.
type Turnover struct{ Debit, Credit int64 }

// Turnovers are the turnovers of an interval.
type Turnovers map[Of]Turnover

// Add adds the turnover of a part of the interval.
func (t Turnovers) Add(of Of, debit, credit int64) {
	sum := t[of]
	t[of] = Turnover{sum.Debit + debit, sum.Credit + credit}
}

// TrialLine is a line of a trial balance. Opening and Closing are debits less credits, in minor units.
type TrialLine struct {
	Of
	Opening int64
	Turnover
	Closing int64
}

// Trial makes a trial balance from the balances before and after an interval, which the seals prove, and the turnover between them. An
// account that never had money is left out.
func Trial(opening seal.Sums, turnover Turnovers, closing seal.Sums) []TrialLine {
	lines := map[Of]TrialLine{}
	of := func(key Of) TrialLine {
		line := lines[key]
		line.Of = key
		return line
	}
	each(opening, func(key Of, amount int64) {
		line := of(key)
		line.Opening = amount
		lines[key] = line
	})
	each(closing, func(key Of, amount int64) {
		line := of(key)
		line.Closing = amount
		lines[key] = line
	})
	for key, sum := range turnover {
		line := of(key)
		line.Turnover = sum
		lines[key] = line
	}
	maps.DeleteFunc(lines, func(_ Of, line TrialLine) bool {
		return line.Opening == 0 && line.Closing == 0 && line.Turnover == Turnover{}
	})
	return slices.SortedFunc(maps.Values(lines), func(a, b TrialLine) int { return compareOf(a.Of, b.Of) })
}

func compareOf(a, b Of) int {
	return cmp.Or(cmp.Compare(a.Currency, b.Currency), cmp.Compare(a.Account, b.Account))
}

func each(sums seal.Sums, take func(Of, int64)) {
	for account, amounts := range sums {
		for currency, amount := range amounts {
			take(Of{account, currency}, amount)
		}
	}
}

// TrialTable is the shape of a trial balance.
func TrialTable(i Interval) Table {
	return Table{
		Name: "trial-balance", Interval: i,
		Columns: append(columns(Text, "account", "currency"), columns(Amount, "opening", "debit", "credit", "closing")...),
	}
}

// Row is the line as a row of TrialTable.
func (l TrialLine) Row() Row {
	in := func(amount int64) money.Money { return money.Money{Value: amount, Currency: l.Currency} }
	return Row{string(l.Account), string(l.Currency), in(l.Opening), in(l.Debit), in(l.Credit), in(l.Closing)}
}

// CheckTrial proves a trial balance: in each currency debits equal credits and the balances sum to zero, and in each account the opening
// with the turnover is the closing, which was read apart from them.
func CheckTrial(lines []TrialLine) Checks {
	sides := NewProof("debits equal credits, in each currency")
	balanced := NewProof("the opening and the closing balances add up to zero, in each currency")
	moved := NewProof("opening and debits less credits are the closing, in each account")
	sums := map[money.Currency]TrialLine{}
	for _, line := range lines {
		sum := sums[line.Currency]
		sum.Opening, sum.Closing = sum.Opening+line.Opening, sum.Closing+line.Closing
		sum.Debit, sum.Credit = sum.Debit+line.Debit, sum.Credit+line.Credit
		sums[line.Currency] = sum
		if is := line.Opening + line.Debit - line.Credit; is != line.Closing {
			moved.Differs("%s: %s and not %s", line.Account, money.Text(is, line.Currency), money.Text(line.Closing, line.Currency))
		}
	}
	for _, currency := range slices.Sorted(maps.Keys(sums)) {
		sum := sums[currency]
		if sum.Debit != sum.Credit {
			sides.Differs("debits of %s and credits of %s", money.Text(sum.Debit, currency), money.Text(sum.Credit, currency))
		}
		if sum.Opening != 0 || sum.Closing != 0 {
			balanced.Differs("%s at the opening and %s at the closing", money.Text(sum.Opening, currency), money.Text(sum.Closing, currency))
		}
	}
	return Checks{sides.Check(), balanced.Check(), moved.Check()}
}

// BalancesTable is the shape of the balances at one time, the end of the interval.
func BalancesTable(i Interval) Table {
	return Table{Name: "balances", Interval: i, Columns: append(columns(Text, "account", "currency"), columns(Amount, "balance")...)}
}

// Balances are the rows of BalancesTable, without the accounts that have nothing, and what proves them.
func Balances(sums seal.Sums) ([]Row, Checks) {
	lines := Trial(nil, nil, sums)
	rows := make([]Row, len(lines))
	for i, line := range lines {
		rows[i] = Row{string(line.Account), string(line.Currency), money.Money{Value: line.Closing, Currency: line.Currency}}
	}
	return rows, CheckTrial(lines)[1:2]
}
