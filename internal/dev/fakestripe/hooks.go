package fakestripe

import (
	"slices"
	"time"
)

// hooks are what tests have switched on of Stripe's less tidy behaviour. The zero value of each is off.
type hooks struct {
	lag        time.Duration // how long an object is missing from lists
	laggards   []string      // the paths of those lists; empty for all
	rewrites   map[string]map[string]any
	snapshots  map[string][]byte // the last one of each object that an event bore
	account    string            // of the events from now on
	moreEvents bool

	fees               *Fees
	refundRefusal      RefundRefusal
	keepDisputeFees    bool
	cancelProcessing   bool
	holdReconciliation bool
	negativePayouts    bool
	balanceKinds       map[string]map[string]int64
}

func newHooks() hooks {
	return hooks{rewrites: map[string]map[string]any{}, snapshots: map[string][]byte{}, balanceKinds: map[string]map[string]int64{}}
}

// change applies one change under the lock.
func (s *Server) change(apply func(*hooks)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	apply(&s.hooks)
}

// LagLists keeps objects out of lists for some time after they were made, while they can be read by id: nothing promises
// that a list of Stripe's is read-after-write. paths ("/v1/refunds") narrows it to some lists; none is all. A lag of 0
// ends it. The time is the stand-in's own, so that Advance catches up.
func (s *Server) LagLists(lag time.Duration, paths ...string) {
	s.change(func(h *hooks) { h.lag, h.laggards = lag, paths })
}

// visibleIn tells which objects a list shows, by when they were made.
func (s *Server) visibleIn(path string) func(added time.Time) bool {
	if s.hooks.lag == 0 || len(s.hooks.laggards) > 0 && !slices.Contains(s.hooks.laggards, path) {
		return func(time.Time) bool { return true }
	}
	until := s.clock.Now().Add(-s.hooks.lag)
	return func(added time.Time) bool { return added.Before(until) }
}

// SendMoreEvents has the stand-in also send refund.failed, balance.available and a charge.updated after each payment, which
// Stripe sends in some API versions and not in others.
func (s *Server) SendMoreEvents(on bool) { s.change(func(h *hooks) { h.moreEvents = on }) }

// SendEventsFrom has all later events bear a connected account's id (stripe.com/docs/connect/webhooks); empty ends it.
func (s *Server) SendEventsFrom(account string) { s.change(func(h *hooks) { h.account = account }) }

// LetProcessingBeCancelled has every payment that is processing take a cancel, as Stripe has some methods do.
func (s *Server) LetProcessingBeCancelled(on bool) {
	s.change(func(h *hooks) { h.cancelProcessing = on })
}

// HoldPayoutReconciliation leaves automatic payouts with reconciliation_status in_progress, their balance transactions not
// listed yet, until CompletePayoutReconciliation.
func (s *Server) HoldPayoutReconciliation(hold bool) {
	s.change(func(h *hooks) { h.holdReconciliation = hold })
}

// AllowNegativePayouts has PayOut debit the bank account when the balance is below zero.
func (s *Server) AllowNegativePayouts(allow bool) {
	s.change(func(h *hooks) { h.negativePayouts = allow })
}

// KeepDisputeFees has disputes that are won from now on return the amount and not the fee.
func (s *Server) KeepDisputeFees(keep bool) { s.change(func(h *hooks) { h.keepDisputeFees = keep }) }

func (s *Server) returnedDisputeFee() int64 {
	if s.hooks.keepDisputeFees {
		return 0
	}
	return disputeFee
}
