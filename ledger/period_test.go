package ledger_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/ledger"
)

func TestPeriodsAreMonths(t *testing.T) {
	t.Parallel()
	period, err := ledger.ParsePeriod("2026-12")
	require.NoError(t, err)
	require.Equal(t, ledger.Period("2027-01"), period.Next())
	require.Equal(t, ledger.Period("2026-11"), period.Previous())
	require.Equal(t, time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC), period.Start(time.UTC))
	require.Equal(t, time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), period.End(time.UTC))
	first, err := ledger.ParsePeriod("1970-01")
	require.NoError(t, err)
	require.Equal(t, ledger.Period("1970-01"), first)
	for _, text := range []string{"", "2026", "2026-13", "2026-1", "26-11", "2026-11-01", "1969-12", " 2026-11", "2026-11 "} {
		_, err := ledger.ParsePeriod(text)
		require.ErrorContains(t, err, "must be a month such as 2026-11", "%q", text)
	}
}

// The month is that of the books' time zone, and the first open one where that is closed.
func TestTheCalendarAssignsOpenMonths(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	at := func(text string) ledger.Effective {
		when, err := time.Parse(time.RFC3339, text)
		require.NoError(t, err)
		return ledger.Effective{At: when}
	}
	for _, one := range []struct {
		calendar ledger.Calendar
		at       string
		period   ledger.Period
	}{
		{ledger.Calendar{}, "2026-11-30T23:30:00Z", "2026-11"},
		{ledger.Calendar{}, "2026-12-01T00:00:00Z", "2026-12"},
		{ledger.Calendar{Zone: berlin}, "2026-11-30T23:30:00Z", "2026-12"},
		{ledger.Calendar{Zone: berlin}, "2026-11-30T22:59:59Z", "2026-11"},
		{ledger.Calendar{FirstOpen: "2026-12"}, "2026-11-30T23:30:00Z", "2026-12"},
		{ledger.Calendar{FirstOpen: "2026-12"}, "2027-01-02T00:00:00Z", "2027-01"},
		{ledger.Calendar{Zone: berlin, FirstOpen: "2027-01"}, "2024-01-02T00:00:00Z", "2027-01"},
	} {
		require.Equal(t, one.period, one.calendar.PeriodOf(at(one.at)), "%+v", one)
	}
	closed := ledger.Calendar{Zone: berlin, FirstOpen: "2026-12"}
	require.True(t, closed.IsClosed("2026-11"))
	require.False(t, closed.IsClosed("2026-12"))
	require.Equal(t, ledger.Period("2026-11"), closed.LastClosed())
	require.Equal(t, "2026-11-30T23:00:00Z", closed.End("2026-11").Format(time.RFC3339))
	require.Empty(t, ledger.Calendar{}.LastClosed())
	require.Equal(t, "UTC", ledger.Calendar{}.ZoneName())
}
