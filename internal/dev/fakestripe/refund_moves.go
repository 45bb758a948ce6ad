package fakestripe

// reverseRefund ends a refund that the customer does not receive, and books the refunded amount back to the balance.
func (s *Server) reverseRefund(r *refund, status, reason string) {
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

// HoldRefunds keeps new refunds pending and without a balance transaction, as an insufficient balance does, until SettleRefund.
func (s *Server) HoldRefunds(hold bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.holdRefunds = hold
}

// SettleRefund makes a refund succeed that is pending or requires_action.
func (s *Server) SettleRefund(id string) error {
	return s.moveRefund(id, func(r *refund) bool { return r.status == "pending" || r.status == "requires_action" }, s.settleRefund)
}

func (s *Server) settleRefund(r *refund) {
	if r.transaction == "" {
		s.payRefund(r)
	}
	r.status = "succeeded"
	s.refundChanged(r)
}

// FailRefund fails a refund, even one that has succeeded: the bank returns it, or the customer did not take the required action.
// An empty reason is "unknown".
func (s *Server) FailRefund(id, reason string) error {
	if reason == "" {
		reason = "unknown"
	}
	return s.moveRefund(id, func(r *refund) bool { return r.status != "failed" && r.status != "canceled" }, func(r *refund) {
		s.reverseRefund(r, "failed", reason)
	})
}

// RequireRefundAction moves a pending refund to requires_action.
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
		failed = invalid("", "", "the release of an authorisation cannot change status")
	case !may(r):
		failed = invalid("", "", "a refund with the status "+r.status+" cannot change to that status")
	}
	if failed == nil {
		move(r)
	}
	s.mu.Unlock()
	s.webhooks.flush()
	return asError(failed)
}

// RefundInDashboard creates a refund without metadata, as an operator does in Stripe's dashboard, and returns its id. The amount
// is in minor units; 0 refunds the rest.
func (s *Server) RefundInDashboard(paymentIntentID string, amount int64) (string, error) {
	s.mu.Lock()
	id, failed := s.createDashboardRefund(paymentIntentID, amount)
	s.mu.Unlock()
	s.webhooks.flush()
	return id, asError(failed)
}

func (s *Server) createDashboardRefund(paymentIntentID string, amount int64) (string, *apiError) {
	i, failed := s.intents.find("payment_intent", paymentIntentID)
	if failed != nil {
		return "", failed
	}
	if i.status != succeeded {
		return "", unexpectedState(i, "a PaymentIntent with the status "+i.status+" cannot be refunded")
	}
	ch := s.charges.get(i.latestCharge)
	left := ch.amountCaptured - s.refundedOf(ch)
	if amount == 0 {
		amount = left
	}
	if amount < 1 || amount > left {
		return "", unexpectedState(i, "the amount is not between 1 and the unrefunded amount")
	}
	if failed := s.refuseIfChargedBack(ch); failed != nil {
		return "", failed
	}
	return s.refund(ch, amount, "requested_by_customer", map[string]string{}).id, nil
}
