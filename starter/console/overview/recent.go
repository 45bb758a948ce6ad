package overview

import (
	"sync"
	"time"
)

// keptDays is how many overviews are remembered: those whose charts browsers are about to ask for.
const keptDays = 32

// recentDays remembers the days of the overviews that were shown last, for their charts: reading them again would take two statements a day
// for each chart, and could draw other figures than those of the table beside it.
type recentDays struct {
	mutex sync.Mutex
	shown []shownDays
}

type shownDays struct {
	zone string
	at   int64 // in microseconds
	days []day
}

func (d *recentDays) keep(zone string, at time.Time, days []day) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if len(d.shown) == keptDays {
		d.shown = d.shown[1:]
	}
	d.shown = append(d.shown, shownDays{zone, at.UnixMicro(), days})
}

// find returns the days of an overview; nil for one that is not remembered.
func (d *recentDays) find(zone string, at time.Time) []day {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	for _, one := range d.shown {
		if one.zone == zone && one.at == at.UnixMicro() {
			return one.days
		}
	}
	return nil
}
