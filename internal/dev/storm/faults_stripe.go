package storm

import (
	"context"
	"net/http"
	"time"

	"farebook/internal/dev/fakestripe"
	"farebook/internal/wait"
)

func stripeKinds() []kind {
	answers := func(class fakestripe.FaultKind, method string, most int) kind {
		return kind{name: "Stripe: " + string(class), weight: 2, most: most, play: func(_ context.Context, s *System, f Fault) error {
			s.Stack.Stripe.Faults().Add(fakestripe.Fault{Method: method, Path: "/v1/*", Kind: class, Count: f.Times})
			return nil
		}}
	}
	return []kind{
		answers(fakestripe.FaultAnswerLost, http.MethodPost, 4), answers(fakestripe.Fault500Before, "", 4),
		answers(fakestripe.Fault500After, http.MethodPost, 4), answers(fakestripe.FaultRateLimit, "", 6),
		answers(fakestripe.FaultLockTimeout, http.MethodPost, 4), answers(fakestripe.FaultKeyInUse, http.MethodPost, 4),
		answers(fakestripe.FaultHTML502, "", 6), answers(fakestripe.FaultHang, "", 3), answers(fakestripe.FaultUnauthorized, "", 3),
		{name: "Stripe: not_found", weight: 2, most: 3, whats: behind, play: notFound},
		{name: "Stripe unavailable", weight: 3, longest: 10 * time.Second, play: stripeUnavailable},
		{name: "Stripe slow", weight: 2, longest: 8 * time.Second, play: stripeSlow},
		{name: "Stripe's lists lag", weight: 3, longest: 10 * time.Second, play: listsLag},
		{name: "balance transactions late", weight: 3, longest: 8 * time.Second, play: balanceLate},
		{name: "Stripe's key rotated", weight: 1, play: rotateStripeKey},
	}
}

// behind are the reads that can be behind Stripe's events: each is about an object. A list of all objects is never not found.
var behind = []string{"/v1/payment_intents/*", "/v1/refunds*", "/v1/charges/*", "/v1/disputes/*", "/v1/payouts/*"}

func notFound(_ context.Context, s *System, f Fault) error {
	s.Stack.Stripe.Faults().Add(fakestripe.Fault{
		Method: http.MethodGet, Path: f.What, Kind: fakestripe.FaultNotFound, Count: f.Times,
	})
	return nil
}

func stripeUnavailable(ctx context.Context, s *System, f Fault) error {
	s.Stack.Stripe.Faults().Add(fakestripe.Fault{Path: "/v1/*", Kind: fakestripe.FaultHTML502, Count: 1_000_000})
	defer s.Stack.Stripe.Faults().Clear()
	return wait.For(ctx, f.For)
}

func stripeSlow(ctx context.Context, s *System, f Fault) error {
	s.Stack.Stripe.SetAnswerTime(time.Second)
	defer s.Stack.Stripe.SetAnswerTime(0)
	return wait.For(ctx, f.For)
}

// listsLag hides new objects from lists for less than STRIPE_LIST_LAG, which the processes are configured with.
func listsLag(ctx context.Context, s *System, f Fault) error {
	s.Stack.Stripe.LagLists(listLag / 2)
	defer s.Stack.Stripe.LagLists(0)
	return wait.For(ctx, f.For)
}

func balanceLate(ctx context.Context, s *System, f Fault) error {
	s.Stack.Stripe.DelayBalanceTransactions(true)
	defer s.Stack.Stripe.ReleaseBalanceTransactions()
	return wait.For(ctx, f.For)
}

// rotateStripeKey rolls the secret key as docs/operations.md has it: both are valid until every process has the new one.
func rotateStripeKey(_ context.Context, s *System, f Fault) error {
	s.rotating.Lock()
	defer s.rotating.Unlock()
	next := "sk_test_storm" + hexOf(f.Draw)
	expire := s.Stack.Stripe.RollKey(next)
	for _, p := range s.processes {
		p.Configure("STRIPE_SECRET_KEY=" + next)
		p.restart("")
	}
	expire()
	return nil
}
