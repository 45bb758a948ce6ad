// Package fence notices that the database was restored to an earlier time, raises the fence then, and keeps requests that move money
// from Stripe while one is up.
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

// Watch looks for what Stripe has of this installation and the books have lost. Each process that speaks to Stripe has one.
type Watch struct {
	Store  *store.Store
	Stripe *stripeapi.Client
	// Every is how often it looks.
	Every time.Duration
	// Reason keeps a fence up for as long as the process runs: a restore of the database cannot wipe it. Empty for none.
	Reason string
	// AwaitLook has the guard wait for the first look, so that nothing is asked of Stripe by a process that does not know yet whether
	// the books are whole. Set where Run is called.
	AwaitLook bool
	// EventTypes are the types of events that the inbox takes. With them, each look also compares Stripe's list of events with the inbox.
	EventTypes []string
	Log        *slog.Logger

	mu     sync.Mutex
	looked bool
	newest store.Newest // of the last look
	since  time.Time    // what Stripe made before was known at an earlier look

	suspicion atomic.Pointer[Suspicion]
}

const (
	// clockSkew widens a look by creation time, as Stripe's clock is not ours, and its lists lag behind.
	clockSkew = 10 * time.Minute
	// firstLook is how far back a process looks that finds empty books.
	firstLook = 24 * time.Hour
	// pages bounds a look: the newest thousand objects show a restore whatever it has lost.
	pages = 10
)

// Guard is asked before each request that changes something at Stripe.
func (w *Watch) Guard(ctx context.Context) error {
	if err := w.firstLook(ctx); err != nil {
		return err
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

// firstLook looks once. A key that may not read lists cannot notice anything, and must not keep bookings from being paid.
func (w *Watch) firstLook(ctx context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.looked || !w.AwaitLook {
		return nil
	}
	err := w.look(ctx)
	if stripeapi.IsKind(err, stripeapi.Unauthorized, stripeapi.InvalidRequest) {
		w.Log.ErrorContext(ctx, "a restore of the database cannot be noticed: Stripe refuses to list PaymentIntents or refunds", "error", err)
		w.looked, err = true, nil
	}
	return err
}

// Run looks at once and then from time to time, until ctx ends.
func (w *Watch) Run(ctx context.Context) {
	ctx = logging.As(ctx, "fence")
	w.Look(ctx)
	wait.Every(ctx, w.Every, w.Look)
}

// Look looks once, and logs why it could not.
func (w *Watch) Look(ctx context.Context) {
	w.mu.Lock()
	defer w.mu.Unlock()
	err := w.look(ctx)
	if err != nil && ctx.Err() == nil {
		w.Log.WarnContext(ctx, "whether the database was restored could not be told; the next look is made soon", "error", err, "nextLookIn", w.Every.String())
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
	w.looked, w.since = true, began.Add(-clockSkew)
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
		w.Log.ErrorContext(ctx, "the fence is raised and no money moves: see docs/disaster.md", "fence", fence.ID, "reason", reason, "evidence", evidence)
	}
	return err
}
