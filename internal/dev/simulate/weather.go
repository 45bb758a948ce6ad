package simulate

import (
	"context"
	"time"

	"farebook/internal/dev/fakestripe"
)

// rates are minor units of the dollar for those of other currencies, on an account that settles in dollars.
var rates = map[string]float64{"eur": 1.085, "jpy": 0.6712, "kwd": 0.3254, "gbp": 1.27}

// settle lets the account settle in dollars, at rates that move each day.
func (s *system) settle() {
	today := map[string]float64{}
	for _, currency := range []string{"eur", "gbp", "jpy", "kwd"} {
		today[currency] = rates[currency] * (0.97 + 0.06*s.rand.Float64())
	}
	s.stripe.SettleIn("usd", today)
}

// answers are Stripe's answers that are no result.
var answers = []fakestripe.FaultKind{
	fakestripe.Fault500Before, fakestripe.Fault500After, fakestripe.FaultAnswerLost, fakestripe.FaultRateLimit, fakestripe.FaultLockTimeout,
	fakestripe.FaultKeyInUse, fakestripe.FaultHTML502,
}

// weather plans what goes wrong at Stripe on a day, within the hours of business.
func (s *system) weather() {
	for range s.rand.IntN(4) {
		s.within(0, "a fault of Stripe's", func(context.Context) error {
			s.counts["faults of Stripe's answers"]++
			s.stripe.Faults().Add(fakestripe.Fault{Path: "/v1/*", Kind: pick(s.world, answers...), Count: 1 + s.rand.IntN(3)})
			return nil
		})
	}
	s.spell(5, 2*time.Hour, "balance transactions late", func(on bool) {
		if on {
			s.stripe.DelayBalanceTransactions(true)
			return
		}
		s.stripe.ReleaseBalanceTransactions()
	})
	s.spell(5, 6*time.Hour, "refunds held", func(on bool) { s.stripe.HoldRefunds(on) })
	if s.chance(15) {
		s.within(0, "a bill", func(context.Context) error {
			s.counts["bills"]++
			s.stripe.Bill(int64(1+s.rand.IntN(500)), "usd", "Radar")
			return nil
		})
	}
}

// spell plans a time within a day, on so many of 100 days, in which something is so.
func (s *system) spell(percent int, long time.Duration, what string, set func(on bool)) {
	if !s.chance(percent) {
		return
	}
	s.visit(opens+s.upTo(closes-opens-long), what, func(context.Context) error {
		s.counts[what]++
		set(true)
		s.visit(s.upTo(long), what, func(context.Context) error {
			set(false)
			return nil
		})
		return nil
	})
}
