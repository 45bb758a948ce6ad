package finance

import (
	"time"

	"farebook/ledger"
	"farebook/money"
)

// entries writes the ledger as one row an entry, with the openings as the first rows.
type entries struct {
	sink     Sink
	interval Interval
	lines    []TrialLine
}

// NewEntries writes the entries of an interval as the rows of a report.
func NewEntries(sink Sink) Journal { return &entries{sink: sink} }

// EntriesTable is the shape of the ledger as rows.
func EntriesTable(i Interval) Table {
	return Table{Name: "ledger", Interval: i, Columns: []Column{
		{"date", Text},
		{"ledger_id", Count},
		{"type", Text},
		{"reference", Text},
		{"payment_intent_id", Text},
		{"balance_transaction_id", Text},
		{"description", Text},
		{"effective_at", Time},
		{"posted_at", Time},
		{"account", Text},
		{"currency", Text},
		{"debit", Amount},
		{"credit", Amount},
	}}
}

// Begin writes the openings, in the column of their side.
func (e *entries) Begin(i Interval, lines []TrialLine) error {
	e.interval, e.lines = i, lines
	if err := e.sink.Begin(EntriesTable(i)); err != nil {
		return err
	}
	for _, line := range lines {
		if line.Opening == 0 {
			continue
		}
		side, amount := ledger.Debit, line.Opening
		if amount < 0 {
			side, amount = ledger.Credit, -amount
		}
		entry := ledger.Entry{Account: line.Account, Currency: line.Currency, Side: side, Amount: amount}
		if err := e.row(Row{i.Day(i.From), int64(0), "opening", "", "", "", "opening balance", i.From, time.Time{}}, entry); err != nil {
			return err
		}
	}
	return nil
}

func (e *entries) row(about Row, entry ledger.Entry) error {
	debit, credit := money.Money{Currency: entry.Currency}, money.Money{Currency: entry.Currency}
	if entry.Side == ledger.Debit {
		debit.Value = entry.Amount
	} else {
		credit.Value = entry.Amount
	}
	return e.sink.Row(append(about, string(entry.Account), string(entry.Currency), debit, credit))
}

// Add writes the entries of a transaction.
func (e *entries) Add(t Posted) error {
	for _, entry := range t.Entries {
		about := Row{
			e.interval.Day(t.Date), int64(t.ID), string(t.Type), string(t.Reference), t.PaymentIntentID,
			t.BalanceTransactionID, t.Description, t.Effective.At, t.PostedAt,
		}
		if err := e.row(about, entry); err != nil {
			return err
		}
	}
	return nil
}

// End has nothing to write: the checks say what the entries must equal.
func (e *entries) End() error { return nil }
