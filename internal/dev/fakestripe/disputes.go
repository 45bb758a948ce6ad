package fakestripe

import (
	"maps"
	"time"
)

// evidenceTime is how long a dispute accepts evidence from when it is asked for, unless SetEvidenceTime changes it.
const evidenceTime = 7 * 24 * time.Hour

// dispute is a cardholder's dispute of a charge (stripe.com/docs/api/disputes/object). Amounts are in minor units.
type dispute struct {
	id           string
	created      int64
	askedAt      int64 // for evidence: at its creation, and again when an inquiry becomes a dispute
	charge       *charge
	amount       int64
	status       string
	reason       string
	metadata     map[string]string
	evidence     map[string]string
	submissions  int
	submittedAt  int64
	transactions []*transaction
}

func (d *dispute) identity() string { return d.id }
func (d *dispute) createdAt() int64 { return d.created }

func (d *dispute) wire(s *Server, expand expansion) map[string]any {
	transactions := []any{}
	for _, t := range d.transactions {
		transactions = append(transactions, t.wire(s, nil))
	}
	evidence := map[string]any{}
	for _, field := range evidenceFields {
		evidence[field] = orNil(d.evidence[field])
	}
	out := map[string]any{
		"id": d.id, "object": "dispute", "created": d.created, "livemode": false, "amount": d.amount, "currency": d.charge.currency,
		"charge": d.charge.id, "payment_intent": orNil(d.charge.intent.id), "status": d.status, "reason": d.reason,
		"balance_transactions": transactions, "metadata": maps.Clone(d.metadata), "evidence": evidence,
		"evidence_details": map[string]any{
			"due_by": s.dueBy(d), "has_evidence": len(d.evidence) > 0, "past_due": d.submittedAt > s.dueBy(d), "submission_count": d.submissions,
		},
		"is_charge_refundable": !d.chargedBack(),
		"payment_method_details": map[string]any{"type": "card", "card": map[string]any{
			"brand": d.charge.behaviour.cardBrand(), "network_reason_code": orDefault(networkCodes[d.reason], "10.4"),
		}},
	}
	d.charge.expandInto(s, out, expand)
	return s.expandAndRewrite(d.id, out, expand)
}

// networkCodes maps the common dispute reasons to Visa's reason codes (stripe.com/docs/disputes/categories#network-code-map).
var networkCodes = map[string]string{
	"fraudulent": "10.4", "product_not_received": "13.1", "product_unacceptable": "13.3", "subscription_canceled": "13.2",
	"credit_not_processed": "13.6", "duplicate": "12.6.1", "incorrect_account_details": "12.4",
}

// dueBy returns the Unix time until which evidence is accepted. It does not change once the dispute is decided.
func (s *Server) dueBy(d *dispute) int64 { return d.askedAt + int64(s.evidence/time.Second) }

// SetEvidenceTime changes how long disputes accept evidence.
func (s *Server) SetEvidenceTime(long time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.evidence = long
}

// chargedBack reports whether the dispute is formal and either open or lost; its charge cannot be refunded then.
func (d *dispute) chargedBack() bool {
	return d.status == "needs_response" || d.status == "under_review" || d.status == "lost"
}

// DisputeInfo is a dispute as Disputes returns it to tests. Amounts are in minor units.
type DisputeInfo struct {
	ID            string `json:"id"`
	PaymentIntent string `json:"payment_intent"`
	Status        string `json:"status"`
	Amount        int64  `json:"amount"`
	Currency      string `json:"currency"`
}

// Disputes returns all disputes, oldest first.
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
	now := s.clock.Now().Unix()
	d := &dispute{
		id: s.ids.next(ch.behaviour.disputePrefix()), created: now, askedAt: now, charge: ch, amount: amount, status: status, reason: reason,
		metadata: map[string]string{}, evidence: map[string]string{},
	}
	ch.disputed = true
	s.disputes.add(d)
	return d
}

func listDisputes(s *Server, c *call) (any, *apiError) {
	return list(s, &s.disputes, "/v1/disputes", c.query, func(d *dispute) bool { return d.charge.matches(c.query) })
}
