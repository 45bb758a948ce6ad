package monthend

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"farebook/ledger"
	"farebook/ledger/closing"
	"farebook/money"
)

// Check is one line of the month end: it holds, or findings block the close unless each has a note.
type Check struct {
	Text     string
	Findings []Finding
	// More is how many findings there are that are not listed; they cannot be accepted by a note.
	More bool
	// Detail says what was found where the check holds, for an operator.
	Detail string
}

// Finding is what blocks a close.
type Finding struct {
	Item string // such as attention/12: what a note names
	// Group names the findings that one note may accept together; empty where each needs its own.
	Group string
	Text  string
	Note  *closing.Note // nil without one
	// Firm cannot be accepted by a note.
	Firm bool
}

// Open reports whether the finding blocks the close.
func (f Finding) Open() bool { return f.Firm || f.Note == nil }

// Holds reports whether nothing of the check blocks the close.
func (c Check) Holds() bool { return !c.More && !slices.ContainsFunc(c.Findings, Finding.Open) }

// Review is what a month end is decided on.
type Review struct {
	Period   ledger.Period
	Trial    closing.Trial
	Previous closing.Trial // of the month before
	Checks   []Check
	Notes    []closing.Note // those that were needed
}

// Holds reports whether the month can be closed.
func (r Review) Holds() bool {
	return !slices.ContainsFunc(r.Checks, func(c Check) bool { return !c.Holds() })
}

// Compared is a line of a trial balance with what the account moved in the month before: debits less credits.
type Compared struct {
	closing.Line
	Before int64
}

// BesideTheMonthBefore are the lines of the month with those that the month before alone has, by account and currency.
func (r Review) BesideTheMonthBefore() []Compared {
	type of struct {
		account  ledger.Account
		currency money.Currency
	}
	lines := map[of]Compared{}
	for _, line := range r.Trial.Lines {
		lines[of{line.Account, line.Currency}] = Compared{Line: line}
	}
	for _, line := range r.Previous.Lines {
		beside, found := lines[of{line.Account, line.Currency}]
		if !found {
			beside.Account, beside.Currency = line.Account, line.Currency
		}
		beside.Before = line.Debit - line.Credit
		lines[of{line.Account, line.Currency}] = beside
	}
	return slices.SortedFunc(maps.Values(lines), func(a, b Compared) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Currency, b.Currency))
	})
}

// BlockedError says what blocks a close.
type BlockedError struct {
	Period ledger.Period
	Checks []Check // those that do not hold
}

func (e *BlockedError) Error() string {
	texts := make([]string, len(e.Checks))
	for i, check := range e.Checks {
		texts[i] = check.Text
	}
	return fmt.Sprintf("%s cannot be closed yet: %s", e.Period, strings.Join(texts, "; "))
}

func (r Review) blocked() error {
	blocked := slices.DeleteFunc(slices.Clone(r.Checks), Check.Holds)
	if len(blocked) == 0 {
		return nil
	}
	return &BlockedError{r.Period, blocked}
}

// Review checks a month end, with notes about findings. A note about something that was not found is refused. Error: *RefusedError.
func (m *Months) Review(ctx context.Context, period ledger.Period, notes []closing.Note) (Review, error) {
	read, err := m.read(ctx, period, math.MaxInt64)
	if err != nil {
		return Review{}, err
	}
	return m.reviewOf(ctx, read, notes)
}

// reviewOf checks the month end of what was read of a month.
func (m *Months) reviewOf(ctx context.Context, read sumsSoFar, notes []closing.Note) (Review, error) {
	calendar, err := m.Calendar(ctx)
	if err != nil {
		return Review{}, err
	}
	period := read.period
	review := Review{Period: period, Trial: read.trial(calendar.ZoneName())}
	if review.Previous, err = m.Trial(ctx, period.Previous()); err != nil {
		return Review{}, err
	}
	of := monthEnd{Months: m, calendar: calendar, period: period, end: calendar.End(period), trial: review.Trial, previous: review.Previous}
	for _, check := range monthEndChecks {
		found, err := check.find(of, ctx)
		if err != nil {
			return Review{}, fmt.Errorf("check that %s: %w", check.text, err)
		}
		found.Text = check.text
		review.Checks = append(review.Checks, found)
	}
	return review, review.take(notes)
}

// take gives findings their notes. A note about one finding counts before a note about its group.
func (r *Review) take(notes []closing.Note) error {
	for i := range notes {
		taken := false
		for _, check := range r.Checks {
			for j := range check.Findings {
				finding := &check.Findings[j]
				one, group := finding.Item == notes[i].Item, finding.Group != "" && finding.Group == notes[i].Item
				taken = taken || (one || group) && !finding.Firm
				if !finding.Firm && (one || group && finding.Note == nil) {
					finding.Note = &notes[i]
				}
			}
		}
		if !taken {
			return refused("the note about %s: nothing of that name blocks the close of %s", notes[i].Item, r.Period)
		}
	}
	r.Notes = notes
	return nil
}
