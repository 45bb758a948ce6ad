// Package fence detects that the database was restored to an earlier time and then raises the fence, which keeps requests that
// move money from reaching Stripe. It imports access, store and internal/, and must not import activities, workflows, starter
// or worker.
package fence

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"farebook/access"
	"farebook/internal/logging"
	"farebook/internal/stripeapi"
	"farebook/internal/wait"
	"farebook/store"
)

// Watch compares Stripe's objects of this installation with the books, in order to detect lost rows. Each process that calls
// Stripe has one.
type Watch struct {
	Store  *store.Store
	Stripe *stripeapi.Client
	// Every is the interval between checks.
	Every time.Duration
	// Reason keeps the fence up while the process runs, whatever the database says: a restore cannot remove it. Empty for no
	// fence.
	Reason string
	// AwaitLook makes the guard wait for the first check, so that a process changes nothing at Stripe before it knows whether
	// the books are complete. Set it where Run is called.
	AwaitLook bool
	// EventTypes are the types of events that the inbox accepts. If set, each check also compares Stripe's list of events with
	// the inbox.
	EventTypes []string
	Log        *slog.Logger

	looked atomic.Bool // a check has succeeded

	mu     sync.Mutex   // one check at a time
	newest store.Newest // as of the last check
	since  time.Time    // Stripe's objects created earlier were in the books at an earlier check

	suspicion atomic.Pointer[Suspicion]
}

const (
	// clockSkew widens ranges of creation times, because Stripe's clock differs from ours and its lists lag.
	clockSkew = 10 * time.Minute
	// firstLook is how far back a process checks if the books are empty.
	firstLook = 24 * time.Hour
	// pages is the number of pages that a check reads. The newest thousand objects reveal any restore.
	pages = 10
)

// Guard returns an error if a fence is up. It is called before each request that changes something at Stripe. A caller that has just read
// that none is up says so by store.WithNoFence.
func (w *Watch) Guard(ctx context.Context) error {
	if err := w.firstLook(ctx); err != nil {
		return err
	}
	if store.SawNoFence(ctx, w.Store.Now()) {
		return nil
	}
	up, err := w.Store.Fence(ctx)
	if err != nil {
		return fmt.Errorf("ask whether a fence is up: %w", err)
	}
	if up != nil {
		return fmt.Errorf("%w: fence %d is up since %s: %s", stripeapi.ErrFenced, up.ID, up.RaisedAt.UTC().Format(time.RFC3339), up.Reason)
	}
	return nil
}

// firstLook checks once before the first request. Later requests wait for no check: one reads pages of Stripe's lists, which takes seconds.
// A Stripe key without permission to read lists can detect nothing, and must not stop bookings from being paid.
func (w *Watch) firstLook(ctx context.Context) error {
	if w.looked.Load() || !w.AwaitLook {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.looked.Load() {
		return nil
	}
	err := w.look(ctx)
	if stripeapi.IsKind(err, stripeapi.Unauthorized, stripeapi.InvalidRequest) {
		w.Log.ErrorContext(ctx, "a restore of the database cannot be detected: Stripe refuses to list PaymentIntents or refunds", "error", err)
		w.looked.Store(true)
		err = nil
	}
	return err
}

// Run checks immediately and then once per interval until ctx ends.
func (w *Watch) Run(ctx context.Context) {
	ctx = logging.As(ctx, "fence")
	w.Look(ctx)
	wait.Every(ctx, w.Every, w.Look)
}

// Look checks once, and logs a check that failed.
func (w *Watch) Look(ctx context.Context) {
	w.mu.Lock()
	defer w.mu.Unlock()
	err := w.look(ctx)
	if err != nil && ctx.Err() == nil {
		w.Log.WarnContext(ctx, "could not check whether the database was restored; the next check follows", "error", err,
			"nextCheckIn", w.Every.String())
		return
	}
	w.suspect(ctx)
}

func (w *Watch) look(ctx context.Context) error {
	began := w.Store.Now()
	if w.Reason != "" {
		if err := w.raise(ctx, w.Reason, "", "FENCE in the environment"); err != nil {
			return err
		}
	}
	evidence, err := w.lost(ctx)
	if err != nil {
		return err
	}
	if evidence != "" {
		if err := w.raise(ctx, "the database was restored to an earlier time, and misses what Stripe has", evidence, "farebook"); err != nil {
			return err
		}
	}
	if w.newest, err = w.Store.Newest(ctx); err != nil {
		return err
	}
	w.since = began.Add(-clockSkew)
	w.looked.Store(true)
	return nil
}

func (w *Watch) raise(ctx context.Context, reason, evidence, by string) error {
	host, err := os.Hostname()
	if err != nil {
		host = "an unnamed host"
	}
	fence, raised, err := w.Store.RaiseFence(ctx, store.NewFence{
		Reason: reason, Evidence: evidence, By: access.Actor{Name: by + "@" + host}, Now: w.Store.Now(),
	})
	if err == nil && raised {
		w.Log.ErrorContext(ctx, "the fence is raised and no money moves: see docs/disaster.md", "fence", fence.ID, "reason", reason,
			"evidence", evidence)
	}
	return err
}
