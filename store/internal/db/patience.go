package db

import (
	"context"
	"sync/atomic"
	"time"
)

type patienceKey struct{}

// patience is how long a caller waits for the database.
type patience struct {
	limit time.Duration
	// exhausted is set by the first statement that met the limit.
	exhausted atomic.Bool
}

// WithPatience bounds how long each statement under ctx may take, with the wait for its connection: for callers who want an answer rather
// than a result, such as a request of the API. Once a statement has met the limit, all further ones under ctx fail at once, so that a
// request waits for a database that stalls no more than once, however many statements it has.
func WithPatience(ctx context.Context, limit time.Duration) context.Context {
	return context.WithValue(ctx, patienceKey{}, &patience{limit: limit})
}

// WithoutPatience lifts the bound of WithPatience, for work that continues after the caller was answered.
func WithoutPatience(ctx context.Context) context.Context {
	return context.WithValue(ctx, patienceKey{}, (*patience)(nil))
}

func patienceOf(ctx context.Context) *patience {
	found, _ := ctx.Value(patienceKey{}).(*patience)
	return found
}

func (p *patience) isExhausted() bool { return p != nil && p.exhausted.Load() }

// exhaust notes that a statement met a limit.
func (p *patience) exhaust() {
	if p != nil {
		p.exhausted.Store(true)
	}
}

// within is the shorter of limit and what is left of the patience after a wait.
func (p *patience) within(limit, waited time.Duration) time.Duration {
	if p == nil {
		return limit
	}
	return max(0, min(limit, p.limit-waited))
}
