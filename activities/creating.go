package activities

import (
	"time"

	"farebook/internal/stripeapi"
)

const (
	// keyGenerations bounds how many 500s of one creation we look behind in one attempt.
	keyGenerations = 3
	// keyLife is how long we rely on Stripe's idempotency keys; Stripe keeps them for 24 h and may prune after
	// (stripe.com/docs/api/idempotent_requests).
	keyLife = 20 * time.Hour
)

// createOnce makes one object at Stripe, however often it is called: under a key of its own for each generation, none of which
// is stored, as every attempt walks the same ones and gets the same answers. Stripe keeps a 500 under its key and replays
// it, so find says whether the effect happened before the next key is used; and it is asked first once Stripe may have
// forgotten the keys, as creating blindly could then make a second object. since is when the first attempt may have been.
func createOnce[T any](since time.Time, create func(generation int) (T, error), find func() (T, bool, error)) (T, error) {
	if time.Since(since) > keyLife {
		if known, found, err := find(); found || err != nil {
			return known, err
		}
	}
	var lastErr error
	for generation := 1; generation <= keyGenerations; generation++ {
		created, err := create(generation)
		if !stripeapi.IsKind(err, stripeapi.ServerError) {
			return created, err
		}
		lastErr = err
		if known, found, err := find(); found || err != nil {
			return known, err
		}
	}
	var none T
	return none, lastErr
}
