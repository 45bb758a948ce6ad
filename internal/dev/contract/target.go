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

// KeyVariable is the environment variable with a secret key of Stripe's test mode.
const KeyVariable = "FAREBOOK_CONTRACT_KEY"

// Target is the stand-in or Stripe.
type Target struct {
	name     string
	base     string
	key      string
	client   *stripeapi.Client
	stand    *fakestripe.Server // nil for Stripe
	pace     time.Duration      // pause between two polls
	patience time.Duration
}

// StandIn starts a stand-in, which Close ends.
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

// Stripe returns Stripe in test mode. It refuses any key that is not a secret key of test mode.
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

// Name returns the name of the target in reports.
func (t *Target) Name() string { return t.name }

// Close ends the stand-in; it does nothing for Stripe.
func (t *Target) Close() error {
	if t.stand == nil {
		return nil
	}
	return t.stand.Close()
}

// Run plays one scenario and returns its facts, or an error if a step failed.
func (t *Target) Run(ctx context.Context, scenario Scenario) (*Facts, error) {
	s := &Session{ctx: ctx, target: t, run: newRun(), facts: &Facts{Fields: map[string][]string{}}}
	scenario.play(s)
	return s.facts, s.err
}
