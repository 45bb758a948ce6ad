package finance

import (
	"maps"
	"slices"
	"time"

	"farebook/ledger"
	"farebook/ledger/seal"
	"farebook/money"
)

// Posted is a ledger transaction as reports read it.
type Posted struct {
	seal.Transaction

	Date time.Time // by the basis of the report
}

// lateDay is the day on which a transaction took effect that counts in a later month, in the time zone of an interval; empty for any other.
func (p Posted) lateDay(i Interval) string {
	if i.Basis != ByPeriod || !p.Effective.At.Before(p.Date) {
		return ""
	}
	return i.Day(p.Effective.At)
}

// StatementTable is the shape of an account's statement.
func StatementTable(account ledger.Account, i Interval) Table {
	return Table{Name: "statement of " + string(account), Interval: i, Columns: []Column{
		{"effective_at", Time},
		{"posted_at", Time},
		{"ledger_id", Count},
		{"type", Text},
		{"reference", Text},
		{"balance_transaction_id", Text},
		{"description", Text},
		{"currency", Text},
		{"debit", Amount},
		{"credit", Amount},
		{"balance", Amount},
	}}
}

// Statement writes an account's statement: its openings, each entry with the balance after it, and its closings.
type Statement struct {
	account ledger.Account
	sink    Sink
	balance map[money.Currency]int64
}

// NewStatement begins a statement with the balances at its opening.
func NewStatement(account ledger.Account, opening seal.Sums, i Interval, sink Sink) (*Statement, error) {
	s := &Statement{account: account, sink: sink, balance: map[money.Currency]int64{}}
	if err := sink.Begin(StatementTable(account, i)); err != nil {
		return nil, err
	}
	maps.Copy(s.balance, opening[account])
	return s, s.marks("opening balance")
}

func (s *Statement) marks(text string) error {
	for _, currency := range slices.Sorted(maps.Keys(s.balance)) {
		none := money.Money{Currency: currency}
		balance := money.Money{Value: s.balance[currency], Currency: currency}
		row := Row{time.Time{}, time.Time{}, int64(0), "", "", "", text, string(currency), none, none, balance}
		if err := s.sink.Row(row); err != nil {
			return err
		}
	}
	return nil
}

// Add writes the entries of a transaction that are the account's.
func (s *Statement) Add(t Posted) error {
	for _, entry := range t.Entries {
		if entry.Account != s.account {
			continue
		}
		debit, credit := entry.Amount, int64(0)
		if entry.Side == ledger.Credit {
			debit, credit = 0, entry.Amount
		}
		s.balance[entry.Currency] += debit - credit
		in := func(amount int64) money.Money { return money.Money{Value: amount, Currency: entry.Currency} }
		row := Row{
			t.Effective.At, t.PostedAt, int64(t.ID), string(t.Type), string(t.Reference), t.BalanceTransactionID, t.Description,
			string(entry.Currency), in(debit), in(credit), in(s.balance[entry.Currency]),
		}
		if err := s.sink.Row(row); err != nil {
			return err
		}
	}
	return nil
}

// End writes the closings, and proves them by the account's balances, which were read apart from the entries.
func (s *Statement) End(closing seal.Sums) (Checks, error) {
	proof := NewProof("the balance after the last entry is the account's balance")
	for _, currency := range slices.Sorted(maps.Keys(s.balance)) {
		if is, want := s.balance[currency], closing[s.account][currency]; is != want {
			proof.Differs("%s and not %s", money.Text(is, currency), money.Text(want, currency))
		}
	}
	for _, currency := range slices.Sorted(maps.Keys(closing[s.account])) {
		_, known := s.balance[currency]
		if !known && closing[s.account][currency] != 0 {
			proof.Differs("no entry and not %s", money.Text(closing[s.account][currency], currency))
		}
	}
	return Checks{proof.Check()}, s.marks("closing balance")
}
