package metrics

import (
	"context"
	"sync"
	"time"
)

const (
	// recentFor is how long a reading is served again: so several Prometheus servers share one reading.
	recentFor = 5 * time.Second
	// readTimeout is below Prometheus' default scrape_timeout of 10 s.
	readTimeout = 4 * time.Second
)

// recent is what was read last for a scrape. While reading fails, the last value stays.
type recent[T any] struct {
	read func(context.Context) (T, error)
	// failed hears of each failure; again is whether the reading before failed as well.
	failed func(err error, again bool)

	mu      sync.Mutex // one reading at a time: a second scrape waits for the first one's reading
	last    T
	known   bool // there is a last value
	failing bool
	tried   time.Time
}

// get returns the last value, and reads again if it is older than recentFor. success is whether the last reading succeeded.
func (r *recent[T]) get() (last T, known, success bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.tried.IsZero() || time.Since(r.tried) > recentFor {
		r.refresh()
	}
	return r.last, r.known, !r.failing
}

func (r *recent[T]) refresh() {
	ctx, cancel := context.WithTimeout(context.Background(), readTimeout)
	defer cancel()
	fresh, err := r.read(ctx)
	if err != nil {
		r.failed(err, r.failing)
	} else {
		r.last, r.known = fresh, true
	}
	r.failing, r.tried = err != nil, time.Now()
}

// expire ends the time for which the last value is served.
func (r *recent[T]) expire() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tried = time.Time{}
}
