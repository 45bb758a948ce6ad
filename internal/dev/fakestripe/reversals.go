package fakestripe

// settleReversal makes the balance transaction that takes back what was authorised and not captured.
func (s *Server) settleReversal(ch *charge, availableOn int64) {
	rest := ch.released
	rest.transaction = s.book(&transaction{
		availableOn: availableOn, amount: -rest.amount, currency: ch.currency, kind: "refund", category: "partial_capture_reversal",
		source: rest.id, description: "Uncaptured part of " + ch.id,
	}).id
}

// DelayReversals makes partial captures book their first balance transaction, of the whole that was authorised, without the
// second one, which takes the rest back, until ReleaseReversals.
func (s *Server) DelayReversals() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.delayReversals = true
}

// ReleaseReversals makes those that are due, each with a charge.updated, and delays no more.
func (s *Server) ReleaseReversals() {
	s.mu.Lock()
	s.delayReversals = false
	for _, ch := range s.charges.order {
		if ch.transaction != "" && ch.released != nil && ch.released.transaction == "" {
			s.settleReversal(ch, s.transactions.get(ch.transaction).availableOn)
			s.emit("charge.updated", ch)
		}
	}
	s.mu.Unlock()
	s.webhooks.flush()
}
