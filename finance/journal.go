package finance

import (
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"farebook/ledger"
	"farebook/money"
)

// Journal writes the ledger of an interval for another program: the openings, the transactions in the order of their dates, and the
// closings, which that program checks.
type Journal interface {
	Begin(i Interval, lines []TrialLine) error
	Add(t Posted) error
	End() error
}

// journalBook is what the journals of plain-text accounting share.
type journalBook struct {
	out      io.Writer
	interval Interval
	lines    []TrialLine
	err      error // the first one; nothing is written after it
}

func (b *journalBook) print(parts ...string) {
	if b.err == nil {
		_, b.err = io.WriteString(b.out, strings.Join(parts, "")+"\n")
	}
}

// firstDay is the date of the openings, and of what has to be declared.
func (b *journalBook) firstDay() string {
	if b.interval.From.IsZero() {
		return "1970-01-01"
	}
	return b.interval.Day(b.interval.From)
}

// lastDay is the date of the last moment in the interval.
func (b *journalBook) lastDay() time.Time { return b.interval.To.Add(-time.Nanosecond) }

func (b *journalBook) currencies() []money.Currency {
	found := map[money.Currency]bool{}
	for _, line := range b.lines {
		found[line.Currency] = true
	}
	return slices.Sorted(maps.Keys(found))
}

// accounts are the accounts of the journal with the currencies that each has, both sorted.
func (b *journalBook) accounts() ([]ledger.Account, map[ledger.Account][]string) {
	currencies := map[ledger.Account][]string{}
	for _, line := range b.lines {
		currencies[line.Account] = append(currencies[line.Account], string(line.Currency))
	}
	return slices.Sorted(maps.Keys(currencies)), currencies
}

func (b *journalBook) hasOpening() bool {
	return slices.ContainsFunc(b.lines, func(line TrialLine) bool { return line.Opening != 0 })
}

// posting is a signed amount as both programs read it: 459.00 USD.
func posting(amount int64, currency money.Currency) string {
	return money.Money{Value: amount, Currency: currency}.Decimal() + " " + string(currency)
}

// words is text on one line without what either program reads as its syntax.
func words(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r < ' ', r == 0x7f:
			return ' '
		case strings.ContainsRune(`;|"\`, r):
			return '_'
		}
		return r
	}, text)
}
