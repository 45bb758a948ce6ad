package fakestripe

import (
	"slices"
	"time"
)

// hooks is the irregular Stripe behaviour that tests have switched on. The zero value of each field is off.
type hooks struct {
	lag          time.Duration // how long new objects are missing from lists
	laggingLists []string      // paths of the lists that lag; empty for all
	rewrites     map[string]map[string]any
	snapshots    map[string][]byte // the object of the latest event about each id, as JSON
	account      string            // account of later events; empty for the platform account
	moreEvents   bool

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

// change applies a change to the hooks under the server's lock.
func (s *Server) change(apply func(*hooks)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	apply(&s.hooks)
}

// LagLists hides new objects from lists for a time, while they can be retrieved by id, because Stripe does not document its
// lists as read-after-write consistent. paths ("/v1/refunds") restricts it to some lists; without paths all lists lag. A lag of
// 0 switches it off. The lag is measured on the stand-in's clock, so Advance ends it.
func (s *Server) LagLists(lag time.Duration, paths ...string) {
	s.change(func(h *hooks) { h.lag, h.laggingLists = lag, paths })
}

// visibleIn returns a function that reports whether the list at path shows an object added at a given time.
func (s *Server) visibleIn(path string) func(added time.Time) bool {
	if s.hooks.lag == 0 || len(s.hooks.laggingLists) > 0 && !slices.Contains(s.hooks.laggingLists, path) {
		return func(time.Time) bool { return true }
	}
	until := s.clock.Now().Add(-s.hooks.lag)
	return func(added time.Time) bool { return added.Before(until) }
}

// SendMoreEvents also sends refund.failed, balance.available, and charge.updated after each payment, which Stripe sends in some
// API versions only.
func (s *Server) SendMoreEvents(on bool) { s.change(func(h *hooks) { h.moreEvents = on }) }

// SendEventsFrom sets the connected account of all later events (stripe.com/docs/connect/webhooks); empty switches it off.
func (s *Server) SendEventsFrom(account string) { s.change(func(h *hooks) { h.account = account }) }

// LetProcessingBeCancelled allows every PaymentIntent that is processing to be cancelled; Stripe allows it for some payment
// methods.
func (s *Server) LetProcessingBeCancelled(on bool) {
	s.change(func(h *hooks) { h.cancelProcessing = on })
}

// HoldPayoutReconciliation keeps the reconciliation_status of automatic payouts at in_progress, without listing their balance
// transactions, until CompletePayoutReconciliation.
func (s *Server) HoldPayoutReconciliation(hold bool) {
	s.change(func(h *hooks) { h.holdReconciliation = hold })
}

// AllowNegativePayouts makes PayOut debit the bank account when the balance is negative.
func (s *Server) AllowNegativePayouts(allow bool) {
	s.change(func(h *hooks) { h.negativePayouts = allow })
}

// KeepDisputeFees makes disputes that are won later return the amount without the dispute fee.
func (s *Server) KeepDisputeFees(keep bool) { s.change(func(h *hooks) { h.keepDisputeFees = keep }) }

func (s *Server) returnedDisputeFee() int64 {
	if s.hooks.keepDisputeFees {
		return 0
	}
	return disputeFee
}
