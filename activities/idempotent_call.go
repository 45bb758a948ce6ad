package activities

import (
	"context"
	"time"

	"go.temporal.io/sdk/activity"

	"farebook/internal/stripeapi"
)

const (
	// keyGenerations bounds how many stored failures one attempt passes. It matters only when the heartbeat that records the last
	// generation is lost.
	keyGenerations = 100
	// keyLife is how long an idempotency key is relied on. Stripe keeps keys for 24 h and may prune them afterwards
	// (stripe.com/docs/api/idempotent_requests).
	keyLife = 20 * time.Hour
)

// idempotentCall makes one effect happen at Stripe once, under idempotency keys that are derived from the generation. Stripe stores its
// response under the key, a 500 too, and replays it (Idempotent-Replayed: true): the next generation sends the request anew.
type idempotentCall struct {
	// try requests the effect under the generation's key.
	try func(generation int) error
	// retryable lists the failure kinds after which the effect may still have happened, or may still happen.
	retryable []stripeapi.Kind
	// settled reports whether there is nothing left to request. It is asked before each next generation.
	settled func() (bool, error)
	// settledEver is settled for an effect of any age, made before the books were restored; nil where settled finds those too.
	settledEver func() (bool, error)
	// lag is how long settled may miss an effect that has happened: the next generation is not used until settled has been asked that
	// long after the outcome was first in doubt. Nil where a second effect does no harm, or where Stripe refuses it.
	lag func(failure error) time.Duration
	// now is the time of the books.
	now func() time.Time
}

// progress is how far the attempts of one activity are. It is stored in the heartbeat, which outlives an attempt; without it the attempt
// starts over, with the same results.
type progress struct {
	Generation int
	// Doubt is when the generation's outcome was first unknown; zero while it is not.
	Doubt time.Time
	// Cursor is the page after which reading a long list continues.
	Cursor string
}

func progressOf(ctx context.Context) progress {
	if activity.HasHeartbeatDetails(ctx) {
		var stored progress
		err := activity.GetHeartbeatDetails(ctx, &stored)
		if err == nil && stored.Generation > 0 {
			return stored
		}
		// Unreadable, or an older release's: the first generation is harmless.
	}
	return progress{Generation: 1}
}

// run makes the effect happen once, however often it is called. An attempt uses at most one key that no earlier attempt has used, so that
// an outage of Stripe costs as many requests as there are attempts, however long it lasts. An effect that moves money is searched for
// until lag is over; the activity's retries, with their growing pauses, do the waiting.
func (c idempotentCall) run(ctx context.Context) error {
	at := progressOf(ctx)
	var err error
	for last := at.Generation + keyGenerations; at.Generation < last; {
		err = c.try(at.Generation)
		if stripeapi.IsKind(err, stripeapi.Fenced) {
			return c.adopt(err)
		}
		if !stripeapi.IsKind(err, c.retryable...) {
			return err
		}
		settled, readErr := c.settled()
		if settled || readErr != nil {
			return readErr
		}
		if at.Doubt.IsZero() {
			at.Doubt = c.now()
		}
		if c.lag != nil && c.now().Sub(at.Doubt) < c.lag(err) {
			activity.RecordHeartbeat(ctx, at)
			return err
		}
		at = progress{Generation: at.Generation + 1}
		activity.RecordHeartbeat(ctx, at)
		if !stripeapi.IsReplayed(err) {
			return err
		}
	}
	return err
}

// adopt accepts an effect that Stripe has already while a fence forbids requests: the restored books may have lost the record that it was
// requested. Where Stripe has none, it is requested once the fence is lowered.
func (c idempotentCall) adopt(fenced error) error {
	isSettled := c.settled
	if c.settledEver != nil {
		isSettled = c.settledEver
	}
	settled, err := isSettled()
	if settled || err != nil {
		return err
	}
	return fenced
}

// creation creates one object at Stripe.
type creation[T any] struct {
	create func(generation int) (T, error)
	// find searches for an object that an earlier attempt has created and whose response was lost.
	find func() (T, bool, error)
	// findAll is find for when Stripe may have pruned the keys, so that another request could create a second object. It reads as many
	// pages as it takes to be certain.
	findAll func() (T, bool, error)
	// since is when the first attempt may have been made.
	since time.Time
	// byRequest: the keys derive from the client's request. A key that was used with other bytes is then not a bug: the books have
	// forgotten an earlier request, and the object that it has led to is searched for.
	byRequest bool
	lag       func(failure error) time.Duration // see idempotentCall
	now       func() time.Time                  // see idempotentCall
}

// run creates the object once. generations is how many keys it took.
func (c creation[T]) run(ctx context.Context) (created T, generations int, err error) {
	if c.now().Sub(c.since) > keyLife {
		found, ok, err := c.findAll()
		if ok || err != nil {
			return found, 0, err
		}
	}
	retryable := []stripeapi.Kind{stripeapi.ServerError}
	if c.byRequest {
		retryable = append(retryable, stripeapi.IdempotencyConflict)
	}
	err = idempotentCall{
		try: func(generation int) (err error) {
			generations = generation
			created, err = c.create(generation)
			return err
		},
		retryable: retryable,
		settled: func() (found bool, err error) {
			created, found, err = c.find()
			return found, err
		},
		settledEver: func() (found bool, err error) {
			created, found, err = c.findAll()
			return found, err
		},
		lag: c.lag,
		now: c.now,
	}.run(ctx)
	return created, generations, err
}

// runTransition moves a PaymentIntent from one state to the next. settled reports whether it has left that state, whatever its state is
// now: then there is nothing to request. A request that Stripe refuses because of the state is sent again while the state would allow it:
// a payment that was processing may have failed since. A key that was used with other bytes, by another release, ends nothing either. No
// lag is needed: settled reads the PaymentIntent by its id, and even where that read is stale, the state refuses a second capture or
// cancellation.
func runTransition(ctx context.Context, now func() time.Time, try func(generation int) error, settled func() (bool, error)) error {
	return idempotentCall{
		try: try, settled: settled, now: now,
		retryable: []stripeapi.Kind{stripeapi.ServerError, stripeapi.UnexpectedState, stripeapi.IdempotencyConflict},
	}.run(ctx)
}
