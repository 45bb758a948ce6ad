package simulate

import (
	"context"
	"fmt"
	"time"

	"farebook/reconciliation"
	"farebook/workflows"
)

// The hours of a day, in UTC. Business ends some hours before midnight; what is late comes until rest, when the books are checked.
const (
	opens  = 5*time.Hour + 30*time.Minute
	closes = 23 * time.Hour
	heals  = 2 * time.Hour
	rests  = 4 * time.Hour
	checks = 4*time.Hour + 45*time.Minute
	day    = 24 * time.Hour
)

// untilRest is how long it is until the next rest.
func (s *system) untilRest() time.Duration {
	now := s.now().UTC()
	rest := now.Truncate(day).Add(rests)
	if !rest.After(now) {
		rest = rest.Add(day)
	}
	return rest.Sub(now)
}

// atWork tells whether it is within the hours of business.
func (s *system) atWork() bool {
	hour := s.now().UTC().Sub(s.now().UTC().Truncate(day))
	return hour >= opens && hour < closes
}

// within draws a time of the hours of business that begins in that time, and plans a visit.
func (s *system) within(midnight time.Duration, what string, do func(context.Context) error) {
	s.visit(midnight+opens+s.upTo(closes-opens), what, do)
}

// begin plans what repeats itself.
func (s *system) begin() {
	s.settled = s.takeEvents
	s.every(time.Hour, "a sweep of events", s.mortal(func(ctx context.Context) error {
		_, err := s.inbox.Sweep(ctx)
		return err
	}))
	s.every(2*time.Hour, "a sweep", s.mortal(s.sweeper.Sweep))
	s.every(6*time.Hour, "a check for a restore", func(ctx context.Context) error {
		s.restores.Look(ctx)
		return nil
	})
	s.hourly(0)
	s.daily(0)
}

// hourly starts what a schedule starts every hour, and lets Stripe's clock have its effects.
func (s *system) hourly(d time.Duration) {
	s.visit(d, "an hour", func(context.Context) error {
		if s.atWork() {
			s.stripe.Advance(0)
		}
		s.start("seal", workflows.TypeSealLedger, nil)
		s.hourly(time.Hour)
		return nil
	})
}

// daily plans a day at its midnight.
func (s *system) daily(d time.Duration) {
	s.visit(d, "a day", func(context.Context) error {
		s.counts["days"]++
		s.business()
		s.weather()
		if s.settles {
			s.settle()
		}
		s.visit(heals+s.upTo(30*time.Minute), "the nightly reconciliation", func(ctx context.Context) error {
			_, err := s.reconcile(ctx, false)
			return err
		})
		s.visit(heals+time.Hour, "retention", func(context.Context) error {
			s.start("retention", workflows.TypeRetention, nil)
			return nil
		})
		s.visit(checks, "the promises", s.check)
		if s.now().UTC().Day() == closingDay {
			s.visit(checks+time.Minute, "the month end", s.closeMonth)
		}
		s.daily(day)
		return nil
	})
}

// reconcile lets a reconciliation run to its end, and returns its correlation id.
func (s *system) reconcile(ctx context.Context, dry bool) (string, error) {
	s.sequence++
	id := fmt.Sprintf("recon_%032d", s.sequence)
	err := s.dispatch.StartReconciliation(ctx, id,
		reconciliation.Options{LookbackDays: reconciliation.DefaultLookbackDays, DryRun: dry, Scope: reconciliation.ScopeAll}, "")
	if err != nil {
		return id, err
	}
	r := s.runs[workflows.ReconciliationWorkflowID(id)]
	s.await(func() bool { return r.ended })
	return id, r.err
}
