package activities

import (
	"context"
	"time"

	"go.temporal.io/sdk/activity"

	"farebook/internal/stripeapi"
)

const (
	// keyGenerations bounds how many failures that Stripe has kept one attempt looks behind, should the heartbeat that
	// says where the last one got to be lost.
	keyGenerations = 100
	// keyLife is how long we rely on Stripe's idempotency keys; Stripe keeps them for 24 h and may prune after
	// (stripe.com/docs/api/idempotent_requests).
	keyLife = 20 * time.Hour
)

// idempotentCall is one effect at Stripe under its own idempotency keys, one for each generation. Stripe keeps what it
// answered under its key, a 500 as well, and replays it (Idempotent-Replayed: true): the next generation asks anew.
type idempotentCall struct {
	// try asks for the effect under the generation's key.
	try func(generation int) error
	// retryable are the failures that are no end: the effect may have happened, or may yet.
	retryable []stripeapi.Kind
	// settled says whether there is nothing left to ask for. It is asked before each next generation.
	settled func() (settled bool, err error)
	// settledEver is look for an effect of any age, made before the books were restored; nil where look finds those as well.
	settledEver func() (settled bool, err error)
	// lag is how long look may miss an effect that has happened: no next generation is used before look has been asked that
	// long after the first doubt. Zero where a second effect does no harm, or Stripe itself refuses it.
	lag func(failure error) time.Duration
	// now is the time of the books.
	now func() time.Time
}

// progress is where the attempts of one activity are. It rests in the heartbeat, which outlives the attempt; without it the
// walk begins anew, to the same answers.
type progress struct {
	Generation int
	// Doubt is when the generation's outcome was first unknown; zero while it is not.
	Doubt time.Time
	// Cursor is the page after which a look through a long list continues.
	Cursor string
}

func progressOf(ctx context.Context) progress {
	at := progress{Generation: 1}
	if activity.HasHeartbeatDetails(ctx) {
		var kept progress
		err := activity.GetHeartbeatDetails(ctx, &kept)
		if err == nil && kept.Generation > 0 {
			return kept
		}
		// Unreadable, or an older release's: from the first generation, which is harmless.
	}
	return at
}

// run makes the effect happen once, however often it is called. An attempt uses one key at most that no earlier one
// has used, so that a Stripe that is ill for a second, or for an hour, is asked as often as attempts are made. An effect that
// moves money is looked for until lag is over: the activity's own retries, with their growing pauses, do the waiting.
func (a idempotentCall) run(ctx context.Context) error {
	at := progressOf(ctx)
	var err error
	for last := at.Generation + keyGenerations; at.Generation < last; {
		err = a.try(at.Generation)
		if stripeapi.IsKind(err, stripeapi.Fenced) {
			return a.adopt(err)
		}
		if !stripeapi.IsKind(err, a.retryable...) {
			return err
		}
		if settled, lookErr := a.settled(); settled || lookErr != nil {
			return lookErr
		}
		if at.Doubt.IsZero() {
			at.Doubt = a.now()
		}
		if a.lag != nil && a.now().Sub(at.Doubt) < a.lag(err) {
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

// adopt takes an effect that Stripe has already while a fence keeps us from asking for one: the books may have lost that it was asked
// for. Where Stripe has none, it is asked for once the fence is lowered.
func (a idempotentCall) adopt(fenced error) error {
	look := a.settled
	if a.settledEver != nil {
		look = a.settledEver
	}
	settled, err := look()
	if settled || err != nil {
		return err
	}
	return fenced
}

// creation makes one object at Stripe.
type creation[T any] struct {
	create func(generation int) (T, error)
	// find says whether an earlier attempt made it without our hearing of it.
	find func() (T, bool, error)
	// findAll is find for when Stripe may have forgotten the keys: creating blindly could then make a second object. It is
	// as long as it takes to be sure.
	findAll func() (T, bool, error)
	// since is when the first attempt may have been.
	since time.Time
	// byRequest: the keys derive from the client's request. A key that was used with other bytes is then no bug of ours: the books
	// have forgotten an earlier request, and what it has led to is looked for.
	byRequest bool
	lag       func(failure error) time.Duration // see atStripe
	now       func() time.Time                  // see atStripe
}

// run makes the object once. generations is how many keys it took.
func (c creation[T]) run(ctx context.Context) (made T, generations int, err error) {
	if c.now().Sub(c.since) > keyLife {
		found, ok, err := c.findAll()
		if ok || err != nil {
			return found, 0, err
		}
	}
	kept := []stripeapi.Kind{stripeapi.ServerError}
	if c.byRequest {
		kept = append(kept, stripeapi.IdempotencyConflict)
	}
	err = idempotentCall{
		try: func(generation int) (err error) {
			generations = generation
			made, err = c.create(generation)
			return err
		},
		retryable: kept,
		settled: func() (found bool, err error) {
			made, found, err = c.find()
			return found, err
		},
		settledEver: func() (found bool, err error) {
			made, found, err = c.findAll()
			return found, err
		},
		lag: c.lag,
		now: c.now,
	}.run(ctx)
	return made, generations, err
}

// runTransition takes a PaymentIntent from one state to the next. gone says whether it has left that state, to wherever: then
// there is nothing to ask for. What Stripe refused because of the state is asked anew while the state would allow it, as
// a payment that was in processing may have failed since. gone reads the PaymentIntent by its id, and should Stripe answer
// that from behind itself, the state refuses a second capture or cancel: no lag is needed.
func runTransition(ctx context.Context, now func() time.Time, move func(generation int) error, gone func() (bool, error)) error {
	return idempotentCall{try: move, retryable: []stripeapi.Kind{stripeapi.ServerError, stripeapi.UnexpectedState}, settled: gone, now: now}.run(ctx)
}
