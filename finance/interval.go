// Package finance has the shapes of the reports that finance reads, the sums in them and what proves them: trial balances, statements,
// journals for other programs, and reports in the shape of Stripe's. It imports booking, ledger, ledger/seal and money, and does no I/O
// beyond the readers and writers that it is given.
package finance

import (
	"time"

	"farebook/ledger"
	"farebook/validation"
)

// Basis is the date by which a report takes transactions.
type Basis string

// The bases. A report by posting never changes once its interval has passed; by effective date, the clearing account equals Stripe's
// balance at any time, and a late item changes the report of the time at which it took effect. By period, transactions are those of whole
// months of the books: a report of a closed month never changes, and a late item is in the first month that was open.
const (
	ByEffective Basis = "effective"
	ByPosted    Basis = "posted"
	ByPeriod    Basis = "period"
)

// Bases are the bases by name.
var Bases = []string{string(ByEffective), string(ByPosted), string(ByPeriod)}

// ParseBasis reads a basis; empty is the one for a month, ByPeriod, or for any other interval, ByEffective. The error is a
// *validation.FieldError on basis.
func ParseBasis(text string, month bool) (Basis, error) {
	switch basis := Basis(text); {
	case basis == "" && month:
		return ByPeriod, nil
	case basis == "":
		return ByEffective, nil
	case basis == ByPeriod && !month:
		return "", &validation.FieldError{Field: "basis", Problem: "counts whole months", Fix: "name a month, or use effective or posted"}
	case basis == ByEffective, basis == ByPosted, basis == ByPeriod:
		return basis, nil
	}
	return "", &validation.FieldError{Field: "basis", Problem: "is not a basis", Fix: "use effective, posted or period"}
}

// Interval is from one time, included, to another, excluded, in the books' time zone. The zero From is before the first transaction. By
// period, both are the first moments of months.
type Interval struct {
	From, To time.Time
	Basis    Basis
	Zone     *time.Location
}

// Contains reports whether a date is in the interval.
func (i Interval) Contains(at time.Time) bool { return !at.Before(i.From) && at.Before(i.To) }

// Day is the date of a time in the books' time zone: 2026-11-30.
func (i Interval) Day(at time.Time) string { return at.In(i.Zone).Format(time.DateOnly) }

// PeriodOf is the month of the books that begins at an end of the interval.
func (i Interval) PeriodOf(end time.Time) ledger.Period { return ledger.PeriodAt(end, i.Zone) }

// Asked is how an interval is asked for: a month, or its two ends. An empty To is now, and an empty Basis the one of ParseBasis.
type Asked struct {
	Month, From, To, Basis string
}

// Interval reads what was asked for in the books' time zone. The errors are *validation.FieldError on month, from, to or basis.
func (a Asked) Interval(zone *time.Location, now time.Time) (Interval, error) {
	basis, err := ParseBasis(a.Basis, a.Month != "")
	if err != nil {
		return Interval{}, err
	}
	i := Interval{To: now, Basis: basis, Zone: zone}
	if a.Month != "" {
		if a.From != "" || a.To != "" {
			return i, &validation.FieldError{Field: "month", Problem: "is beside from or to", Fix: "name a month, or from and to"}
		}
		i.From, err = time.ParseInLocation("2006-01", a.Month, zone)
		if err != nil {
			return i, &validation.FieldError{Field: "month", Problem: "is not a month", Fix: "write it as 2026-11"}
		}
		i.To = i.From.AddDate(0, 1, 0)
		return i, nil
	}
	if a.From != "" {
		if i.From, err = ParseTime("from", a.From, zone); err != nil {
			return i, err
		}
	}
	if a.To != "" {
		if i.To, err = ParseTime("to", a.To, zone); err != nil {
			return i, err
		}
	}
	if !i.From.IsZero() && !i.From.Before(i.To) {
		return i, &validation.FieldError{Field: "from", Problem: "is not before to", Fix: "an interval begins before it ends"}
	}
	return i, nil
}

// ParseTime reads a date, at whose beginning in the books' time zone it is, or a time with its zone. field names it in the
// *validation.FieldError.
func ParseTime(field, text string, zone *time.Location) (time.Time, error) {
	if at, err := time.ParseInLocation(time.DateOnly, text, zone); err == nil {
		return at, nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return at, &validation.FieldError{
			Field: field, Problem: "is neither a date nor a time", Fix: "write it as 2026-11-30 or 2026-11-30T18:00:00Z",
		}
	}
	return at, nil
}
