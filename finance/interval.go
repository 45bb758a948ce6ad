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

// Asked is how an interval is asked for: a month, or its two ends, or its end alone. An empty To is now, and an empty Basis the one of
// ParseBasis.
type Asked struct {
	Month, From, To, Basis string
	// AsOf is To by the name that a report at one time gives it.
	AsOf string
}

// Interval reads what was asked for in the books' time zone. The errors are validation.FieldErrors on month, from, to, asOf and basis.
func (a Asked) Interval(zone *time.Location, now time.Time) (Interval, error) {
	var wrong validation.Violations
	basis, err := ParseBasis(a.Basis, a.Month != "")
	wrong.Take(err)
	i := Interval{To: now, Basis: basis, Zone: zone}
	switch {
	case a.Month != "" && (a.From != "" || a.To != "" || a.AsOf != ""):
		wrong.Add("month", "is beside another time", "name a month, or the times")
	case a.Month != "":
		period, err := parseMonth(a.Month, zone)
		wrong.Take(err)
		i.From, i.To = period.Start(zone), period.End(zone)
	default:
		a.ends(&i, &wrong)
	}
	return i, wrong.Err()
}

// parseMonth reads a month whose year a report can name.
func parseMonth(text string, zone *time.Location) (ledger.Period, error) {
	period, err := ledger.ParsePeriod(text)
	if err != nil {
		return "", &validation.FieldError{Field: "month", Problem: "is not a month", Fix: "write it as 2026-11"}
	}
	_, err = inYears("month", period.Start(zone))
	return period, err
}

// ends reads from and to.
func (a Asked) ends(i *Interval, wrong *validation.Violations) {
	var errs [2]error
	if a.From != "" {
		i.From, errs[0] = ParseTime("from", a.From, i.Zone)
	}
	if a.To != "" {
		i.To, errs[1] = ParseTime("to", a.To, i.Zone)
	}
	if a.AsOf != "" {
		i.To, errs[1] = ParseTime("asOf", a.AsOf, i.Zone)
	}
	wrong.Take(errs[0])
	wrong.Take(errs[1])
	if errs == [2]error{} && !i.From.IsZero() && !i.From.Before(i.To) {
		wrong.Add("from", "is not before to", "an interval begins before it ends")
	}
}

// The years that a report can name: times before the first are those of no ledger, and the last one is the last that a database has.
const firstYear, lastYear = 1970, 9998

// ParseTime reads a date, at whose beginning in the books' time zone it is, or a time with its zone. field names it in the
// *validation.FieldError.
func ParseTime(field, text string, zone *time.Location) (time.Time, error) {
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return inYears(field, at)
	}
	return parseIn(time.DateOnly, text, zone, validation.FieldError{
		Field: field, Problem: "is neither a date nor a time", Fix: "write it as 2026-11-30 or 2026-11-30T18:00:00Z",
	})
}

func parseIn(layout, text string, zone *time.Location, otherwise validation.FieldError) (time.Time, error) {
	at, err := time.ParseInLocation(layout, text, zone)
	if err != nil {
		return at, &otherwise
	}
	return inYears(otherwise.Field, at)
}

func inYears(field string, at time.Time) (time.Time, error) {
	if year := at.Year(); year < firstYear || year > lastYear {
		return at, &validation.FieldError{Field: field, Problem: "is out of range", Fix: "name a year from 1970 to 9998"}
	}
	return at, nil
}
