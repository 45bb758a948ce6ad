package command

import (
	"context"
	"fmt"
	"time"

	"farebook/starter/dispatch"
)

const (
	week = 7 * 24 * time.Hour
	// gapHorizon is how far ahead gaps are searched: every zone with daylight saving time has one a year.
	gapHorizon = 400 * 24 * time.Hour
	// nearby is how soon after a gap a run replaces the one that the gap has skipped.
	nearby = 2 * time.Hour
)

// warnOfGap warns of a run in the hour that clocks skip in spring: Temporal does not start it on that day. It compares the day with the
// same day a week before and a week after.
func warnOfGap(ctx context.Context, dispatcher *dispatch.Client, schedule dispatch.Schedule, now time.Time, warn func(string)) error {
	zone, err := time.LoadLocation(schedule.TimeZone)
	if err != nil || schedule.Cron == "" {
		return err
	}
	for at := now.Truncate(time.Hour); at.Before(now.Add(gapHorizon)); at = at.Add(time.Hour) {
		_, before := at.Add(-time.Second).In(zone).Zone()
		_, after := at.In(zone).Zone()
		if after <= before {
			continue
		}
		skipped := time.Duration(after-before) * time.Second
		due, err := dispatcher.Due(ctx, at.Add(-week-time.Second), at.Add(week+skipped))
		if err != nil {
			return err
		}
		if !swallows(due, at, skipped) {
			continue
		}
		local := at.In(zone)
		warn(fmt.Sprintf("warning: no run on %s: clocks in %s skip from %s to %s on that day; choose another time, or UTC",
			local.Format(time.DateOnly),
			schedule.TimeZone, at.In(time.FixedZone("", before)).Format("15:04"), local.Format("15:04")))
		return nil
	}
	return nil
}

// swallows reports whether runs are due at the skipped time of day a week before and a week after a gap, and no run is due soon after
// it. By the clock before the gap they are between at and at+skipped; a week later the clock has moved by as much.
func swallows(due []time.Time, at time.Time, skipped time.Duration) bool {
	within := func(from time.Time, long time.Duration) bool {
		for _, run := range due {
			if !run.Before(from) && run.Before(from.Add(long)) {
				return true
			}
		}
		return false
	}
	return within(at.Add(-week), skipped) && within(at.Add(week-skipped), skipped) && !within(at, nearby)
}
