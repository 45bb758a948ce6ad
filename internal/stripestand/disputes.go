package stripestand

import (
	"maps"
	"time"
)

// dispute is a cardholder's (stripe.com/docs/api/disputes/object).
type dispute struct {
	id           string
	created      int64
	charge       *charge
	amount       int64
	status       string
	reason       string
	metadata     map[string]string
	evidence     map[string]string
	submissions  int
	transactions []*transaction
}

const (
	// disputeFee is what Stripe takes for a dispute, and gives back for one that is won.
	disputeFee = 1500
	// evidenceTime is how long evidence is taken.
	evidenceTime = 7 * 24 * time.Hour
)

func (d *dispute) identity() string { return d.id }
func (d *dispute) createdAt() int64 { return d.created }

// evidenceFields are those of the API; each is null until it is given.
var evidenceFields = []string{
	"access_activity_log", "billing_address", "cancellation_policy", "cancellation_policy_disclosure", "cancellation_rebuttal",
	"customer_communication", "customer_email_address", "customer_name", "customer_purchase_ip", "customer_signature",
	"duplicate_charge_documentation", "duplicate_charge_explanation", "duplicate_charge_id", "product_description", "receipt",
	"refund_policy", "refund_policy_disclosure", "refund_refusal_explanation", "service_date", "service_documentation",
	"shipping_address", "shipping_carrier", "shipping_date", "shipping_documentation", "shipping_tracking_number",
	"uncategorized_file", "uncategorized_text",
}

func (d *dispute) wire(s *Server, _ expansion) map[string]any {
	transactions := []any{}
	for _, t := range d.transactions {
		transactions = append(transactions, t.wire(s, nil))
	}
	evidence := map[string]any{}
	for _, field := range evidenceFields {
		evidence[field] = orNil(d.evidence[field])
	}
	var dueBy any
	if d.status == "needs_response" || d.status == "warning_needs_response" {
		dueBy = d.created + int64(evidenceTime/time.Second)
	}
	return map[string]any{
		"id": d.id, "object": "dispute", "created": d.created, "livemode": false, "amount": d.amount, "currency": d.charge.currency,
		"charge": d.charge.id, "payment_intent": d.charge.intent.id, "status": d.status, "reason": d.reason,
		"balance_transactions": transactions, "metadata": maps.Clone(d.metadata), "evidence": evidence,
		"evidence_details":     map[string]any{"due_by": dueBy, "has_evidence": len(d.evidence) > 0, "past_due": false, "submission_count": d.submissions},
		"is_charge_refundable": !formalOpen(d.status) && d.status != "lost",
		"payment_method_details": map[string]any{"type": "card", "card": map[string]any{
			"brand": d.charge.behaviour.cardBrand(), "network_reason_code": "10.4",
		}},
	}
}

func formalOpen(status string) bool { return status == "needs_response" || status == "under_review" }

// DisputeInfo is what a test reads of one.
type DisputeInfo struct {
	ID            string `json:"id"`
	PaymentIntent string `json:"payment_intent"`
	Status        string `json:"status"`
	Amount        int64  `json:"amount"`
	Currency      string `json:"currency"`
}

// Disputes are all there are, oldest first.
func (s *Server) Disputes() []DisputeInfo {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]DisputeInfo, 0, len(s.disputes.order))
	for _, d := range s.disputes.order {
		out = append(out, DisputeInfo{d.id, d.charge.intent.id, d.status, d.amount, d.charge.currency})
	}
	return out
}

func (s *Server) newDispute(ch *charge, amount int64, status, reason string) *dispute {
	d := &dispute{
		id: s.ids.next("dp"), created: s.clock.Now().Unix(), charge: ch, amount: amount, status: status, reason: reason,
		metadata: map[string]string{}, evidence: map[string]string{},
	}
	ch.disputed = true
	s.disputes.add(d)
	return d
}

// openDispute takes the money at once, and Stripe's fee with it.
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
		amount: d.amount, fee: -disputeFee, currency: d.charge.currency, kind: "adjustment", category: "dispute_reversal", source: d.id,
		description: "Chargeback reversal for " + d.charge.id,
	}))
}

// decide takes a dispute to a state, with what it does to the money.
func (s *Server) decide(d *dispute, status string) *apiError {
	closed := d.status == "won" || d.status == "lost" || d.status == "warning_closed"
	if closed && (d.status != "warning_closed" || status != "needs_response") {
		return invalid("", "", "This dispute is already closed")
	}
	d.status = status
	switch status {
	case "needs_response":
		s.withdraw(d)
		s.emit("charge.dispute.updated", d)
		s.emit("charge.dispute.funds_withdrawn", d)
	case "won":
		if len(d.transactions) > 0 {
			s.reinstate(d)
			s.emit("charge.dispute.funds_reinstated", d)
		}
		s.emit("charge.dispute.closed", d)
	case "lost", "warning_closed":
		s.emit("charge.dispute.closed", d)
	case "under_review", "warning_under_review":
		s.emit("charge.dispute.updated", d)
	default:
		return invalid("", "status", "there is no state "+status)
	}
	return nil
}

func listDisputes(s *Server, c *call) (any, *apiError) {
	of, intent := c.query.Get("charge"), c.query.Get("payment_intent")
	return list(s, &s.disputes, "/v1/disputes", c.query, func(d *dispute) bool {
		return (of == "" || d.charge.id == of) && (intent == "" || d.charge.intent.id == intent)
	})
}

func retrieveDispute(s *Server, c *call) (any, *apiError) {
	d, failed := s.disputes.find("dispute", c.id)
	if failed != nil {
		return nil, failed
	}
	return d.wire(s, nil), nil
}

// updateDispute takes evidence. In Stripe's test mode some texts decide at once
// (stripe.com/docs/testing#evidence).
func updateDispute(s *Server, c *call) (any, *apiError) {
	d, failed := s.disputes.find("dispute", c.id)
	if failed == nil {
		failed = c.known("evidence", "metadata", "submit")
	}
	if failed != nil {
		return nil, failed
	}
	d.metadata = c.metadata(d.metadata)
	for _, field := range evidenceFields {
		if text := c.form.Get("evidence[" + field + "]"); text != "" {
			d.evidence[field] = text
		}
	}
	if c.form.Get("submit") == "false" || len(d.evidence) == 0 {
		s.emit("charge.dispute.updated", d)
		return d.wire(s, nil), nil
	}
	d.submissions++
	next := "under_review"
	switch {
	case d.evidence["uncategorized_text"] == "winning_evidence":
		next = "won"
	case d.evidence["uncategorized_text"] == "losing_evidence":
		next = "lost"
	case !formalOpen(d.status):
		next = "warning_under_review"
	}
	if failed := s.decide(d, next); failed != nil {
		return nil, failed
	}
	return d.wire(s, nil), nil
}

func closeDispute(s *Server, c *call) (any, *apiError) {
	d, failed := s.disputes.find("dispute", c.id)
	if failed == nil {
		failed = s.decide(d, "lost")
	}
	if failed != nil {
		return nil, failed
	}
	return d.wire(s, nil), nil
}

// Dispute opens a formal one over a payment; an amount of 0 is the whole charge, also of a refunded one. It returns its id.
func (s *Server) Dispute(paymentIntentID string, amount int64, reason string) (string, error) {
	return s.disputeOf(paymentIntentID, func(ch *charge) *dispute {
		if amount == 0 {
			amount = ch.amountCaptured
		}
		return s.openDispute(ch, amount, reason)
	})
}

// Inquire opens an inquiry over a payment: no money is withdrawn. It returns its id.
func (s *Server) Inquire(paymentIntentID string) (string, error) {
	return s.disputeOf(paymentIntentID, s.openInquiry)
}

func (s *Server) disputeOf(paymentIntentID string, open func(*charge) *dispute) (string, error) {
	s.mu.Lock()
	i, failed := s.intents.find("payment_intent", paymentIntentID)
	if failed == nil && i.status != succeeded {
		failed = unexpectedState(i, "a payment that is "+i.status+" cannot be disputed")
	}
	id := ""
	if failed == nil {
		id = open(s.charges.byID[i.latestCharge]).id
	}
	s.mu.Unlock()
	s.webhooks.flush()
	return id, asError(failed)
}

// MoveDispute is the bank, or time: it takes a dispute to one of Stripe's states.
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
