package fakestripe

// disputeFee is Stripe's fee for a dispute in minor units; Stripe returns it if the dispute is won.
const disputeFee = 1500

// disputeMoves maps a status to the statuses that may follow it (stripe.com/docs/disputes/how-disputes-work). A status under
// review may repeat, because a bank can ask for more evidence.
var disputeMoves = map[string][]string{
	"needs_response":         {"under_review", "won", "lost"},
	"under_review":           {"under_review", "won", "lost"},
	"warning_needs_response": {"warning_under_review", "warning_closed", "needs_response"},
	"warning_under_review":   {"warning_under_review", "warning_closed", "needs_response"},
	"warning_closed":         {"needs_response"},
}

// openDispute opens a dispute and withdraws the amount and Stripe's fee immediately.
func (s *Server) openDispute(ch *charge, amount int64, reason string) *dispute {
	d := s.newDispute(ch, amount, "needs_response", reason)
	s.withdraw(d)
	s.emit("charge.dispute.created", d)
	s.emit("charge.dispute.funds_withdrawn", d)
	return d
}

func (s *Server) openInquiry(ch *charge) *dispute {
	d := s.newDispute(ch, ch.amountCaptured, "warning_needs_response", "general")
	s.emit("charge.dispute.created", d)
	return d
}

func (s *Server) withdraw(d *dispute) {
	d.transactions = append(d.transactions, s.book(&transaction{
		amount: -d.amount, fee: disputeFee, currency: d.charge.currency, kind: "adjustment", category: "dispute", source: d.id,
		description: "Chargeback withdrawal for " + d.charge.id,
	}))
}

func (s *Server) reinstate(d *dispute) {
	d.transactions = append(d.transactions, s.book(&transaction{
		amount: d.amount + s.reinstatement, fee: -s.returnedDisputeFee(), currency: d.charge.currency, kind: "adjustment",
		category: "dispute_reversal", source: d.id,
		description: "Chargeback reversal for " + d.charge.id,
	}))
}

// ReinstateOtherwise changes how much a dispute returns when it is won later: the withdrawn amount plus difference, in minor
// units. This simulates a changed exchange rate or a partial decision; a negative difference returns less.
func (s *Server) ReinstateOtherwise(difference int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reinstatement = difference
}

// HoldReinstatements makes disputes that are won later return no funds, which simulates a bank that pays late.
func (s *Server) HoldReinstatements(hold bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.holdReinstatements = hold
}

func (d *dispute) decided() bool {
	return d.status == "won" || d.status == "lost" || d.status == "warning_closed"
}

// decide moves a dispute to a status and moves the funds accordingly. If the move is not allowed, nothing changes.
func (s *Server) decide(d *dispute, status string) *apiError {
	if !contains(disputeMoves[d.status], status) {
		if d.decided() {
			return refused("", "This dispute is already closed")
		}
		return invalid("", "status", "A dispute with the status "+d.status+" cannot become "+status+".")
	}
	d.status = status
	switch status {
	case "needs_response":
		d.askedAt = s.clock.Now().Unix()
		s.withdraw(d)
		s.emit("charge.dispute.updated", d)
		s.emit("charge.dispute.funds_withdrawn", d)
	case "won":
		if !s.holdReinstatements {
			s.reinstate(d)
			s.emit("charge.dispute.funds_reinstated", d)
		}
		s.emit("charge.dispute.closed", d)
	case "lost", "warning_closed":
		s.emit("charge.dispute.closed", d)
	default:
		s.emit("charge.dispute.updated", d)
	}
	return nil
}

// Dispute opens a formal dispute and returns its id. The amount is in minor units; 0 disputes the whole charge, even if it is
// refunded.
func (s *Server) Dispute(paymentIntentID string, amount int64, reason string) (string, error) {
	return s.disputeOf(paymentIntentID, amount, func(ch *charge) *dispute {
		if amount == 0 {
			amount = ch.amountCaptured
		}
		return s.openDispute(ch, amount, reason)
	})
}

// Inquire opens an inquiry, which withdraws no funds, and returns its id.
func (s *Server) Inquire(paymentIntentID string) (string, error) {
	return s.disputeOf(paymentIntentID, 0, s.openInquiry)
}

func (s *Server) disputeOf(paymentIntentID string, amount int64, open func(*charge) *dispute) (string, error) {
	s.mu.Lock()
	i, failed := s.intents.find("payment_intent", paymentIntentID)
	switch {
	case failed != nil:
	case i.status != succeeded:
		failed = unexpectedState(i, "a PaymentIntent with the status "+i.status+" cannot be disputed")
	case amount < 0 || amount > i.received:
		failed = unexpectedState(i, "the amount exceeds the payment")
	}
	id := ""
	if failed == nil {
		id = open(s.charges.get(i.latestCharge)).id
	}
	s.mu.Unlock()
	s.webhooks.flush()
	return id, asError(failed)
}

// MoveDispute moves a dispute to one of Stripe's documented statuses, as the bank or the passing of a deadline does.
func (s *Server) MoveDispute(id, status string) error {
	s.mu.Lock()
	d, failed := s.disputes.find("dispute", id)
	if failed == nil {
		failed = s.decide(d, status)
	}
	s.mu.Unlock()
	s.webhooks.flush()
	return asError(failed)
}
