package db

import (
	"context"
	"sync"
	"time"
)

type waitingKey struct{}

// waiting is a context for one use of a pool. It ends when no connection was available in time; from the moment at which the statement
// has its connection, it is its parent. database/sql takes one context for both, and a statement may take longer than the wait.
type waiting struct {
	context.Context

	began time.Time
	limit time.Duration
	late  error // what Err returns after limit

	mu      sync.Mutex
	has     bool          // a connection
	done    chan struct{} // closed at the end of the wait
	err     error
	disarms []func() bool
}

// startWaiting begins to wait for a connection.
func startWaiting(parent context.Context, limit time.Duration, late error) *waiting {
	w := &waiting{Context: parent, began: time.Now(), limit: limit, late: late}
	w.arm()
	return w
}

// arm starts the wait, or starts it again for a statement that found its connection broken.
func (w *waiting) arm() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.has, w.done, w.err = false, make(chan struct{}), nil
	done := w.done
	timer := time.AfterFunc(max(0, w.limit-time.Since(w.began)), func() { w.end(done, w.late) })
	w.disarms = []func() bool{timer.Stop, context.AfterFunc(w.Context, func() { w.end(done, w.Context.Err()) })}
}

func (w *waiting) end(done chan struct{}, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.has || w.done != done || w.err != nil {
		return
	}
	w.err = err
	close(done)
}

// had ends the wait: there is a connection.
func (w *waiting) had() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.has = true
	for _, disarm := range w.disarms {
		disarm()
	}
	w.disarms = nil
}

// Done is closed when the wait has ended without a connection; with one, it is the parent's.
func (w *waiting) Done() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.has {
		return w.Context.Done()
	}
	return w.done
}

// Err says why the wait ended without a connection; with one, it is the parent's.
func (w *waiting) Err() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.has {
		return w.Context.Err()
	}
	return w.err
}

// Value finds the wait itself, for the connection that ends it.
func (w *waiting) Value(key any) any {
	if key == (waitingKey{}) {
		return w
	}
	return w.Context.Value(key)
}

// waitingOf is the wait that a statement's connection ends, if the statement came through a pool.
func waitingOf(ctx context.Context) *waiting {
	found, _ := ctx.Value(waitingKey{}).(*waiting)
	return found
}
