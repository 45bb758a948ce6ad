package command

import (
	"context"
	"fmt"
	"time"

	"farebook/starter/dispatch"
)

const (
	week = 7 * 24 * time.Hour
	// gapHorizon is how far ahead gaps are looked for: every zone that has them has one a year.
	gapHorizon = 400 * 24 * time.Hour
	// nearby is a run soon enough after a gap to stand for the one that the gap has swallowed.
	nearby = 2 * time.Hour
)

// warnOfGap says when a run falls into the hour that clocks skip in spring: Temporal starts none on that day. It compares the day
// with the same day a week before and a week after.
func warnOfGap(ctx context.Context, w *dispatch.Client, schedule dispatch.Schedule, now time.Time, warn func(string)) error {
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
		due, err := w.Due(ctx, at.Add(-week-time.Second), at.Add(week+skipped))
		if err != nil {
			return err
		}
		if !swallows(due, at, skipped) {
			continue
		}
		local := at.In(zone)
		warn(fmt.Sprintf("warning: no run on %s: clocks in %s skip from %s to %s then; choose another time, or UTC", local.Format(time.DateOnly),
			schedule.TimeZone, at.In(time.FixedZone("", before)).Format("15:04"), local.Format("15:04")))
		return nil
	}
	return nil
}

// swallows tells whether runs are due at the skipped times of day a week before and after a gap, and none soon after it. On the
// clock before the gap they are between at and at+skipped; a week later the clock has moved by as much.
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
