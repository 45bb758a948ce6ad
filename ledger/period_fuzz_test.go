package ledger_test

import (
	"testing"
	"time"

	"farebook/ledger"
)

// Whatever text names a month, one that is taken begins where the month before ends, in each zone, and its beginning is in it.
func FuzzPeriod(f *testing.F) {
	for _, seed := range []string{"2026-11", "2026-1", "1970-01", "9999-12", "0000-01", "2026-13", "2026-11-01", " 2026-11"} {
		f.Add(seed)
	}
	var zones []*time.Location
	for _, name := range []string{"UTC", "Asia/Dubai", "America/New_York", "Pacific/Kiritimati", "Africa/Cairo"} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			f.Fatal(err)
		}
		zones = append(zones, zone)
	}
	f.Fuzz(func(t *testing.T, text string) {
		period, err := ledger.ParsePeriod(text)
		if err != nil || period >= "9999-12" || period <= "1970-01" {
			return
		}
		if string(period) != text || period.Start(time.UTC).Format("2006-01") != text {
			t.Fatalf("%q was read as %s", text, period)
		}
		for _, zone := range zones {
			start, end := period.Start(zone), period.End(zone)
			if ledger.PeriodAt(start, zone) != period || ledger.PeriodAt(end, zone) != period.Next() ||
				ledger.PeriodAt(start.Add(-time.Nanosecond), zone) != period.Previous() || !end.Equal(period.Next().Start(zone)) {
				t.Fatalf("%s in %s is from %s to %s", period, zone, start, end)
			}
		}
	})
}
