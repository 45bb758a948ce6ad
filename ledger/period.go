package ledger

import (
	"fmt"
	"time"
)

// Period is a month of the books, such as "2026-11". Periods sort as text. The zero value is no period.
type Period string

const periodLayout = "2006-01"

// ParsePeriod reads a month such as "2026-11".
func ParsePeriod(text string) (Period, error) {
	at, err := time.Parse(periodLayout, text)
	if err != nil || at.Format(periodLayout) != text || at.Year() < 1970 {
		return "", fmt.Errorf("invalid period %q: must be a month such as 2026-11", text)
	}
	return Period(text), nil
}

// PeriodAt returns the month of a time in a time zone.
func PeriodAt(at time.Time, zone *time.Location) Period {
	return Period(at.In(zone).Format(periodLayout))
}

// Start returns the first moment of the month in a time zone, in UTC.
func (p Period) Start(zone *time.Location) time.Time {
	at, err := time.ParseInLocation(periodLayout, string(p), zone)
	if err != nil {
		return time.Time{}
	}
	return at.UTC()
}

// End returns the first moment after the month in a time zone, in UTC.
func (p Period) End(zone *time.Location) time.Time { return p.Next().Start(zone) }

// Next returns the month after this one.
func (p Period) Next() Period { return p.add(1) }

// Previous returns the month before this one.
func (p Period) Previous() Period { return p.add(-1) }

func (p Period) add(months int) Period {
	return Period(p.Start(time.UTC).AddDate(0, months, 0).Format(periodLayout))
}

// Calendar divides the ledger into months. Zone is the time zone of the books. FirstOpen is the month after the last closed one; it is zero
// while no month is closed.
type Calendar struct {
	Zone      *time.Location
	FirstOpen Period
}

// PeriodOf returns the period of a transaction that is posted now: the month in which it takes effect, or the first open month if that is
// closed. A closed month therefore never changes.
func (c Calendar) PeriodOf(e Effective) Period {
	return max(PeriodAt(e.At, c.zone()), c.FirstOpen)
}

// LastClosed returns the last closed month, or the zero Period while no month is closed.
func (c Calendar) LastClosed() Period {
	if c.FirstOpen == "" {
		return ""
	}
	return c.FirstOpen.Previous()
}

// IsClosed reports whether a month is closed.
func (c Calendar) IsClosed(p Period) bool { return p < c.FirstOpen }

// Start returns the first moment of a month in the time zone of the books, in UTC.
func (c Calendar) Start(p Period) time.Time { return p.Start(c.zone()) }

// End returns the first moment after a month in the time zone of the books, in UTC.
func (c Calendar) End(p Period) time.Time { return p.End(c.zone()) }

// ZoneName returns the IANA name of the time zone of the books.
func (c Calendar) ZoneName() string { return c.zone().String() }

func (c Calendar) zone() *time.Location {
	if c.Zone == nil {
		return time.UTC
	}
	return c.Zone
}
