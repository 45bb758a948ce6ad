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

// atStripe is one effect at Stripe under idempotency keys of its own, one for each generation. Stripe keeps what it
// answered under its key, a 500 as well, and replays it (Idempotent-Replayed: true): the next generation asks anew.
type atStripe struct {
	// try asks for the effect under the generation's key.
	try func(generation int) error
	// kept are the failures that are no end: the effect may have happened, or may yet.
	kept []stripeapi.Kind
	// look says whether there is nothing left to ask for. It is asked before each next generation.
	look func() (settled bool, err error)
}

// once makes the effect happen once, however often it is called. An attempt uses one key at most that no earlier one
// has used, so that a Stripe that is ill for a second, or for an hour, is asked as often as attempts are made. Where it
// got to rests in the heartbeat, which outlives the attempt; without it the walk begins anew, to the same answers.
func (a atStripe) once(ctx context.Context) error {
	first := 1
	if activity.HasHeartbeatDetails(ctx) {
		_ = activity.GetHeartbeatDetails(ctx, &first) // unreadable: from the first, which is harmless
	}
	var err error
	for generation := first; generation < first+keyGenerations; generation++ {
		if err = a.try(generation); !stripeapi.IsKind(err, a.kept...) {
			return err
		}
		if settled, lookErr := a.look(); settled || lookErr != nil {
			return lookErr
		}
		activity.RecordHeartbeat(ctx, generation+1)
		if !stripeapi.IsReplayed(err) {
			return err
		}
	}
	return err
}

// createOnce makes one object at Stripe. find says whether an earlier attempt made it without our hearing of it; it is
// asked first once Stripe may have forgotten the keys, as creating blindly could then make a second object. since is
// when the first attempt may have been.
func createOnce[T any](ctx context.Context, since time.Time, create func(generation int) (T, error), find func() (T, bool, error)) (T, error) {
	var made T
	look := func() (found bool, err error) {
		made, found, err = find()
		return found, err
	}
	if time.Since(since) > keyLife {
		if found, err := look(); found || err != nil {
			return made, err
		}
	}
	creation := atStripe{
		try: func(generation int) (err error) {
			made, err = create(generation)
			return err
		},
		kept: []stripeapi.Kind{stripeapi.ServerError},
		look: look,
	}
	return made, creation.once(ctx)
}

// moveOnce takes a PaymentIntent from one state to the next. gone says whether it has left that state, to wherever: then
// there is nothing to ask for. What Stripe refused because of the state is asked anew while the state would allow it, as
// a payment that was in processing may have failed since.
func moveOnce(ctx context.Context, move func(generation int) error, gone func() (bool, error)) error {
	return atStripe{try: move, kept: []stripeapi.Kind{stripeapi.ServerError, stripeapi.UnexpectedState}, look: gone}.once(ctx)
}
