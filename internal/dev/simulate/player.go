package simulate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"golang.org/x/sync/errgroup"
)

// player plays stories on the Temporal server at an address.
type player struct {
	client   client.Client
	attempts int // until a difference counts: on a busy machine a timer may fire before its turn
	patience time.Duration
	taken    ids
}

const (
	playsAtOnce  = 4
	playAttempts = 3
	playPatience = 10 * time.Second
)

func newPlayer(address string) (*player, error) {
	c, err := client.Dial(client.Options{HostPort: address, Logger: silent()})
	return &player{client: c, attempts: playAttempts, patience: playPatience}, err
}

// play plays stories, and returns how many were played again, and what differed.
func (p *player) play(ctx context.Context, stories []*story) (repeated int, differences error) {
	var mu sync.Mutex
	var errs []error
	var group errgroup.Group
	group.SetLimit(playsAtOnce)
	for _, one := range stories {
		group.Go(func() error {
			free := p.taken.take(one)
			defer free()
			again, err := p.playOne(ctx, one)
			mu.Lock()
			defer mu.Unlock()
			repeated += again
			if err != nil {
				errs = append(errs, fmt.Errorf("history of run %d, %s: %w", one.run, one.id, err))
			}
			return nil
		})
	}
	_ = group.Wait() // each has its own error
	return repeated, errors.Join(errs...)
}

func (p *player) playOne(ctx context.Context, one *story) (again int, err error) {
	for attempt := range p.attempts {
		err = playOn(ctx, p.client, one, p.patience, 1<<attempt)
		if err == nil || ctx.Err() != nil {
			return attempt, err
		}
	}
	return p.attempts - 1, err
}

func ignoreMissing(err error) error {
	var missing *serviceerror.NotFound
	if errors.As(err, &missing) {
		return nil
	}
	return err
}

// ids are the workflow ids that plays use, so that no two use the same at once.
type ids struct {
	mu    sync.Mutex
	taken map[string]*sync.Mutex
}

func (i *ids) take(one *story) (free func()) {
	needed := []string{one.id}
	for _, e := range one.entries {
		if e.came == anOutcome && e.name != "" {
			needed = append(needed, e.name)
		}
	}
	slices.Sort(needed)
	var held []*sync.Mutex
	for _, id := range slices.Compact(needed) {
		i.mu.Lock()
		if i.taken == nil {
			i.taken = map[string]*sync.Mutex{}
		}
		if i.taken[id] == nil {
			i.taken[id] = &sync.Mutex{}
		}
		lock := i.taken[id]
		i.mu.Unlock()
		lock.Lock()
		held = append(held, lock)
	}
	return func() {
		for _, lock := range held {
			lock.Unlock()
		}
	}
}
