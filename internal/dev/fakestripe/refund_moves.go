package fakestripe

// giveBack ends a refund without the customer: what the balance had paid comes back.
func (s *Server) giveBack(r *refund, status, reason string) {
	r.status, r.failureReason = status, reason
	if r.transaction != "" {
		t := s.book(&transaction{
			amount: r.amount, currency: r.charge.currency, kind: "refund_failure", category: "refund_failure", source: r.id,
			description: "REFUND FAILURE",
		})
		r.failureTransaction = t.id
	}
	s.refundChanged(r)
	if status == "failed" && s.hooks.moreEvents {
		s.emit("refund.failed", r)
	}
}

// HoldRefunds keeps refunds pending and unpaid, as an insufficient balance does, until each is settled.
func (s *Server) HoldRefunds(hold bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.holdRefunds = hold
}

// SettleRefund lets a refund that is on its way arrive.
func (s *Server) SettleRefund(id string) error {
	return s.moveRefund(id, func(r *refund) bool { return r.status == "pending" || r.status == "requires_action" }, s.arrive)
}

func (s *Server) arrive(r *refund) {
	if r.transaction == "" {
		s.payRefund(r)
	}
	r.status = "succeeded"
	s.refundChanged(r)
}

// FailRefund has the bank send a refund back, also after it succeeded, or the customer not do what was asked for. An empty
// reason is "unknown".
func (s *Server) FailRefund(id, reason string) error {
	if reason == "" {
		reason = "unknown"
	}
	return s.moveRefund(id, func(r *refund) bool { return r.status != "failed" && r.status != "canceled" }, func(r *refund) {
		s.giveBack(r, "failed", reason)
	})
}

// RequireRefundAction has a pending refund wait for the customer.
func (s *Server) RequireRefundAction(id string) error {
	return s.moveRefund(id, func(r *refund) bool { return r.status == "pending" }, func(r *refund) {
		r.status = "requires_action"
		s.refundChanged(r)
	})
}

func (s *Server) moveRefund(id string, may func(*refund) bool, move func(*refund)) error {
	s.mu.Lock()
	r, failed := s.refunds.find("refund", id)
	switch {
	case failed != nil:
	case r.uncaptured:
		failed = invalid("", "", "what was never taken cannot come back")
	case !may(r):
		failed = invalid("", "", "a refund that is "+r.status+" cannot go there")
	}
	if failed == nil {
		move(r)
	}
	s.mu.Unlock()
	s.webhooks.flush()
	return asError(failed)
}

// RefundInDashboard is a refund that somebody makes by hand: it bears no metadata. An amount of 0 is all that is left, in
// minor units. It returns its id.
func (s *Server) RefundInDashboard(paymentIntentID string, amount int64) (string, error) {
	s.mu.Lock()
	id, failed := s.refundByHand(paymentIntentID, amount)
	s.mu.Unlock()
	s.webhooks.flush()
	return id, asError(failed)
}

func (s *Server) refundByHand(paymentIntentID string, amount int64) (string, *apiError) {
	i, failed := s.intents.find("payment_intent", paymentIntentID)
	if failed != nil {
		return "", failed
	}
	if i.status != succeeded {
		return "", unexpectedState(i, "a payment that is "+i.status+" has nothing to refund")
	}
	ch := s.charges.get(i.latestCharge)
	left := ch.amountCaptured - s.refundedOf(ch)
	if amount == 0 {
		amount = left
	}
	if amount < 1 || amount > left {
		return "", unexpectedState(i, "there is not so much to refund")
	}
	if failed := s.notChargedBack(ch); failed != nil {
		return "", failed
	}
	return s.refund(ch, amount, "requested_by_customer", map[string]string{}).id, nil
}
