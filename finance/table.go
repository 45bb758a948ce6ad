package finance

import (
	"fmt"
	"slices"
	"strings"

	"farebook/money"
)

// Kind is what the values of a column are.
type Kind int

// The kinds. A Row has a string, int64, money.Money or time.Time for each; the zero time is no time.
const (
	Text   Kind = iota
	Count       // int64
	Amount      // money.Money
	Time        // time.Time
)

// Column is a column of a report.
type Column struct {
	Name string
	Kind Kind
}

// Table is a report without its rows.
type Table struct {
	Name     string
	Interval Interval
	Columns  []Column
}

// Row has one value for each column.
type Row []any

// Sink takes a report as it is read: Begin once, then each row.
type Sink interface {
	Begin(table Table) error
	Row(row Row) error
}

// InCurrency passes on the rows in one currency; without one, all rows.
func InCurrency(sink Sink, currency money.Currency) Sink {
	if currency == "" {
		return sink
	}
	return &inCurrency{Sink: sink, currency: string(currency)}
}

type inCurrency struct {
	Sink

	currency string
	column   int
}

// Begin finds the column of the currency.
func (s *inCurrency) Begin(table Table) error {
	s.column = slices.IndexFunc(table.Columns, func(c Column) bool { return c.Name == "currency" })
	return s.Sink.Begin(table)
}

// Row passes a row in the currency on.
func (s *inCurrency) Row(row Row) error {
	if s.column >= 0 && row[s.column] != s.currency {
		return nil
	}
	return s.Sink.Row(row)
}

// Check is what a report must equal, and whether it does.
type Check struct {
	Text   string
	Held   bool
	Detail string // what differs; empty when it holds
}

// Checks are the checks of a report.
type Checks []Check

// Held reports whether every check holds.
func (c Checks) Held() bool {
	for _, one := range c {
		if !one.Held {
			return false
		}
	}
	return true
}

// maxNamed is how many differences a check names.
const maxNamed = 10

// Proof collects the differences that a check finds.
type Proof struct {
	text  string
	named []string
	found int
}

// NewProof begins a check with what must hold.
func NewProof(text string) *Proof { return &Proof{text: text} }

// Differs adds a difference.
func (p *Proof) Differs(format string, args ...any) {
	p.found++
	if len(p.named) < maxNamed {
		p.named = append(p.named, fmt.Sprintf(format, args...))
	}
}

// Check ends the check.
func (p *Proof) Check() Check {
	detail := strings.Join(p.named, "; ")
	if more := p.found - len(p.named); more > 0 {
		detail += fmt.Sprintf("; and %d more", more)
	}
	return Check{Text: p.text, Held: p.found == 0, Detail: detail}
}

func columns(kind Kind, names ...string) []Column {
	all := make([]Column, len(names))
	for i, name := range names {
		all[i] = Column{name, kind}
	}
	return all
}
