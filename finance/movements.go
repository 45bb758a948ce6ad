package finance

import (
	"cmp"
	"maps"
	"slices"

	"farebook/ledger"
	"farebook/ledger/seal"
	"farebook/money"
)

// MovementList is a report of some accounts, entry by entry.
type MovementList struct {
	Name     string
	Accounts []ledger.Account
}

// The lists of accounts.
var (
	IncomeList = MovementList{"income", accountsOf(ledger.KindIncome)}
	FeeList    = MovementList{"fees", ledger.FeeAccounts}
	RefundList = MovementList{"refunds", []ledger.Account{ledger.LiabilityRefundsPayable}}
	// ChargebackList has what lost disputes cost.
	ChargebackList = MovementList{"chargebacks", []ledger.Account{ledger.ExpenseChargebacks}}
)

func accountsOf(kind ledger.Kind) (accounts []ledger.Account) {
	for _, account := range ledger.Accounts {
		if account.Kind() == kind {
			accounts = append(accounts, account)
		}
	}
	return accounts
}

// Movement is one entry of a list. Amount is positive where the account grows.
type Movement struct {
	Settling
	Of
	Amount int64
}

// Kind is what an entry is about: the reporting category of its balance transaction, or the type of its transaction.
func (m Movement) Kind() string { return cmp.Or(m.category(), string(m.Type)) }

// MovementTable is the shape of a list.
func MovementTable(name string, i Interval) Table {
	return Table{Name: name + "-itemised", Interval: i, Columns: []Column{
		{"period", Text},
		{"currency", Text},
		{"amount", Amount},
		{"effective_at", Time},
		{"why", Text},
		{"account", Text},
		{"kind", Text},
		{"reference", Text},
		{"ledger_id", Count},
		{"posted_at", Time},
	}}
}

// Row is the entry as a row of MovementTable.
func (m Movement) Row() Row {
	return Row{
		string(m.Period), string(m.Currency),
		money.Money{Value: m.Amount, Currency: m.Currency},
		m.Effective.At, m.Description,
		string(m.Account), m.Kind(), string(m.Reference), int64(m.ID), m.PostedAt, //nolint:gosec // an id of a row
	}
}

// movementKey is one line of a summary of movements.
type movementKey struct {
	period ledger.Period
	kind   string
	Of
}

type movementSum struct{ count, amount int64 }

// Movements sums the entries of some accounts by month, account and kind, and proves them by the balances.
type Movements struct {
	sums map[movementKey]movementSum
	of   map[Of]int64
}

// NewMovements begins a summary.
func NewMovements() *Movements { return &Movements{map[movementKey]movementSum{}, map[Of]int64{}} }

// MovementsOf are the entries of a transaction on some accounts.
func MovementsOf(t Settling, accounts []ledger.Account) (all []Movement) {
	for _, entry := range t.Entries {
		if !slices.Contains(accounts, entry.Account) {
			continue
		}
		all = append(all, Movement{t, Of{entry.Account, entry.Currency}, grown(entry.Account, entry.Signed())})
	}
	return all
}

// grown is a signed amount, positive where the account grows.
func grown(account ledger.Account, amount int64) int64 {
	if account.NormalSide() == ledger.Credit {
		return -amount
	}
	return amount
}

// Add adds an entry.
func (m *Movements) Add(one Movement) {
	key := movementKey{one.Period, one.Kind(), one.Of}
	sum := m.sums[key]
	m.sums[key] = movementSum{sum.count + 1, sum.amount + one.Amount}
	m.of[one.Of] += one.Amount
}

// MovementSummaryTable is the shape of a summary of movements.
func MovementSummaryTable(name string, i Interval) Table {
	return Table{Name: name, Interval: i, Columns: []Column{
		{"period", Text}, {"account", Text}, {"kind", Text}, {"currency", Text}, {"count", Count}, {"amount", Amount},
	}}
}

// Rows are the rows of MovementSummaryTable.
func (m *Movements) Rows() []Row {
	keys := slices.SortedFunc(maps.Keys(m.sums), func(a, b movementKey) int {
		return cmp.Or(cmp.Compare(a.period, b.period), compareOf(a.Of, b.Of), cmp.Compare(a.kind, b.kind))
	})
	rows := make([]Row, len(keys))
	for i, key := range keys {
		sum := m.sums[key]
		rows[i] = Row{
			string(key.period), string(key.Account), key.kind, string(key.Currency), sum.count,
			money.Money{Value: sum.amount, Currency: key.Currency},
		}
	}
	return rows
}

// Checks prove the entries of accounts: they lead from the balance at the opening to the one at the closing.
func (m *Movements) Checks(accounts []ledger.Account, opening, closing seal.Sums) Checks {
	proof := NewProof("the entries are what moved their accounts, in each currency")
	changed := maps.Clone(m.of)
	for _, account := range accounts {
		for _, sums := range []seal.Sums{opening, closing} {
			for currency := range sums[account] {
				changed[Of{account, currency}] += 0
			}
		}
	}
	for _, of := range slices.SortedFunc(maps.Keys(changed), compareOf) {
		want := grown(of.Account, closing[of.Account][of.Currency]-opening[of.Account][of.Currency])
		if m.of[of] != want {
			proof.Differs("%s: %s and not %s", of.Account, money.Text(m.of[of], of.Currency), money.Text(want, of.Currency))
		}
	}
	return Checks{proof.Check()}
}

// LateName is the name of the list of what counts in a later month than that in which it took effect.
const LateName = "late"

// Late reports whether a transaction counts in a later month than that in which it took effect.
func (s Settling) Late(i Interval) bool {
	return s.Period != "" && ledger.PeriodAt(s.Effective.At, i.Zone) != s.Period
}
