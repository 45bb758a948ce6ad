package contract

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"farebook/internal/dev/fakestripe"
	"farebook/internal/stripeapi"
)

// KeyVariable names the environment variable with a key of Stripe's test mode.
const KeyVariable = "FAREBOOK_CONTRACT_KEY"

// Target is a Stripe to ask.
type Target struct {
	name     string
	base     string
	key      string
	client   *stripeapi.Client
	stand    *fakestripe.Server // nil at Stripe itself
	pace     time.Duration      // between two polls
	patience time.Duration
}

// StandIn starts one; Close ends it.
func StandIn() (*Target, error) {
	const key = "sk_test_contract"
	stand := fakestripe.New(fakestripe.Options{APIKey: key})
	if err := stand.Start("127.0.0.1:0"); err != nil {
		return nil, err
	}
	return &Target{
		name: "stand-in", base: stand.URL(), key: key, stand: stand, pace: 10 * time.Millisecond, patience: 5 * time.Second,
		client: stripeapi.New(stripeapi.Config{SecretKey: key, APIBase: stand.URL(), Log: slog.New(slog.DiscardHandler)}),
	}, nil
}

// Stripe is Stripe itself, in its test mode: a key of live mode, or of nothing that is known, is refused.
func Stripe(key string) (*Target, error) {
	if !strings.HasPrefix(key, "sk_test_") {
		return nil, errors.New(KeyVariable + " must be a secret key of Stripe's test mode (sk_test_...): scenarios make payments, refunds and " +
			"disputes, which must never happen with real money")
	}
	return &Target{
		name: "Stripe", base: "https://api.stripe.com", key: key, pace: time.Second, patience: 2 * time.Minute,
		client: stripeapi.New(stripeapi.Config{SecretKey: key, Log: slog.New(slog.DiscardHandler)}),
	}, nil
}

// Name of it, for people.
func (t *Target) Name() string { return t.name }

// Close ends what was started.
func (t *Target) Close() error {
	if t.stand == nil {
		return nil
	}
	return t.stand.Close()
}

// Run plays one scenario and returns what was seen, or why it could not be played.
func (t *Target) Run(ctx context.Context, scenario Scenario) (*Facts, error) {
	s := &Session{ctx: ctx, target: t, run: newRun(), facts: &Facts{Fields: map[string][]string{}}}
	scenario.play(s)
	return s.facts, s.err
}
