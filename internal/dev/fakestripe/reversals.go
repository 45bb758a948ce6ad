package fakestripe

// settleReversal books the balance transaction that returns the uncaptured part of an authorisation.
func (s *Server) settleReversal(ch *charge, availableOn int64) {
	rest := ch.released
	rest.transaction = s.book(&transaction{
		availableOn: availableOn, amount: -rest.amount, currency: ch.currency, kind: "refund", category: "partial_capture_reversal",
		source: rest.id, description: "Uncaptured part of " + ch.id,
	}).id
}

// DelayReversals makes partial captures book only the balance transaction of the whole authorised amount; the one that returns
// the uncaptured part follows on ReleaseReversals.
func (s *Server) DelayReversals() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.delayReversals = true
}

// ReleaseReversals books the delayed reversals, sends charge.updated for each charge, and ends the delay.
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
