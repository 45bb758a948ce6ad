package fakestripe

import (
	"maps"
	"net/http"
)

// refund is a refund of a charge (stripe.com/docs/api/refunds/object). Amounts are in minor units.
type refund struct {
	id                 string
	created            int64
	charge             *charge
	amount             int64
	status             string
	reason             string
	metadata           map[string]string
	transaction        string // empty until the balance pays for it
	failureTransaction string
	failureReason      string
	uncaptured         bool   // a released authorisation: no captured amount is returned
	bankReference      string // empty while it is pending
}

func (r *refund) identity() string { return r.id }
func (r *refund) createdAt() int64 { return r.created }

func (r *refund) wire(s *Server, expand expansion) map[string]any {
	out := map[string]any{
		"id": r.id, "object": "refund", "created": r.created, "amount": r.amount, "currency": r.charge.currency, "status": r.status,
		"charge": r.charge.id, "payment_intent": orNil(r.charge.intent.id), "reason": orNil(r.reason), "metadata": maps.Clone(r.metadata),
		"receipt_number": nil, "source_transfer_reversal": nil, "transfer_reversal": nil,
		"balance_transaction": s.expandedTransaction(r.transaction, "balance_transaction", expand),
		"destination_details": map[string]any{"type": "card", "card": r.cardDetails()},
	}
	if r.status == "failed" {
		out["failure_reason"] = r.failureReason
	}
	if r.failureTransaction != "" {
		out["failure_balance_transaction"] = s.expandedTransaction(r.failureTransaction, "failure_balance_transaction", expand)
	}
	r.charge.expandInto(s, out, expand)
	return s.expandAndRewrite(r.id, out, expand)
}

func (r *refund) cardDetails() map[string]any {
	card := map[string]any{"reference_status": "pending", "reference_type": "acquirer_reference_number", "type": "refund"}
	if r.bankReference != "" {
		card["reference"], card["reference_status"] = r.bankReference, "available"
	}
	return card
}

// Refund is a refund as Refunds returns it to tests. Amounts are in minor units.
type Refund struct {
	ID            string            `json:"id"`
	Charge        string            `json:"charge"`
	PaymentIntent string            `json:"payment_intent"`
	Status        string            `json:"status"`
	Amount        int64             `json:"amount"`
	Currency      string            `json:"currency"`
	Metadata      map[string]string `json:"metadata"`
	Uncaptured    bool              `json:"uncaptured"` // of an authorisation
}

// Refunds returns all refunds, oldest first, including the released parts of authorisations.
func (s *Server) Refunds() []Refund {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Refund, 0, len(s.refunds.order))
	for _, r := range s.refunds.order {
		out = append(out, Refund{
			r.id, r.charge.id, r.charge.intent.id, r.status, r.amount, r.charge.currency, maps.Clone(r.metadata),
			r.uncaptured,
		})
	}
	return out
}

func createRefund(s *Server, c *call) (any, *apiError) {
	if failed := c.exclusive("charge", "payment_intent"); failed != nil {
		return nil, failed
	}
	ch, failed := s.refundableCharge(c)
	if failed != nil {
		return nil, failed
	}
	amount, given, failed := c.integer("amount")
	left := ch.amountCaptured - s.refundedOf(ch)
	switch {
	case failed != nil:
		return nil, failed
	case left == 0:
		return nil, refused("charge_already_refunded", "Charge "+ch.id+" has already been refunded.")
	case !given:
		amount = left
	case amount < 1:
		return nil, invalid("parameter_invalid_integer", "amount", "Invalid positive integer")
	case threeDecimal[ch.currency] && amount%10 != 0, wholeUnits[ch.currency] && amount%100 != 0:
		return nil, invalid("parameter_invalid_integer", "amount", "Amounts in "+ch.currency+" must end in 0 (three decimals) or 00.")
	case amount > left:
		return nil, invalid("", "amount",
			"Refund amount ("+formatAmount(amount, ch.currency)+
				") is greater than unrefunded amount on charge ("+formatAmount(left, ch.currency)+")")
	}
	if failed := s.unfunded(amount, ch.currency); failed != nil {
		return nil, failed
	}
	return s.refund(ch, amount, c.form.Get("reason"), c.metadata()).wire(s, expansionOf(c.form)), nil
}

// refundableCharge returns the charge named by its id or its PaymentIntent, and an error if it has no captured amount.
func (s *Server) refundableCharge(c *call) (*charge, *apiError) {
	id := c.form.Get("charge")
	if intentID := c.form.Get("payment_intent"); intentID != "" {
		i, failed := s.intents.find("payment_intent", intentID)
		if failed != nil {
			return nil, asParameter(failed, "payment_intent")
		}
		id = i.latestCharge
		if i.status != succeeded {
			return nil, invalid("", "payment_intent", "This PaymentIntent ("+i.id+") does not have a successful charge to refund.")
		}
	}
	if id == "" {
		return nil, invalid("parameter_missing", "charge",
			"One of the following params should be provided for this request: payment_intent or charge.")
	}
	ch, failed := s.charges.find("charge", id)
	switch {
	case failed != nil:
		return nil, asParameter(failed, "charge")
	case ch.status != "succeeded" || !ch.captured:
		return nil, invalid("charge_not_refundable", "charge", "The charge cannot be refunded: it is not captured.")
	}
	return ch, s.refuseIfChargedBack(ch)
}

// refuseIfChargedBack refuses the refund of a charge that has a formal dispute, open or lost.
func (s *Server) refuseIfChargedBack(ch *charge) *apiError {
	for _, d := range s.disputes.order {
		if d.charge == ch && d.chargedBack() {
			return refused("charge_disputed", "Charge "+ch.id+" has been charged back; cannot issue a refund.")
		}
	}
	return nil
}

// asParameter turns a not-found error for the path into one for a parameter.
func asParameter(failed *apiError, param string) *apiError {
	changed := *failed
	changed.status, changed.param = http.StatusBadRequest, param
	return &changed
}

// refused returns a 400 from an executed request, so it is stored under the idempotency key.
func refused(code, message string) *apiError {
	return &apiError{status: http.StatusBadRequest, kind: "invalid_request_error", code: code, message: message}
}

func (s *Server) refund(ch *charge, amount int64, reason string, metadata map[string]string) *refund {
	r := &refund{
		id: s.ids.next(ch.behaviour.refundPrefix()), created: s.clock.Now().Unix(), charge: ch, amount: amount, status: "succeeded",
		reason: reason, metadata: metadata,
	}
	if s.holdRefunds {
		r.status = "pending"
	} else {
		s.payRefund(r)
	}
	if ch.behaviour.refundWaits {
		r.status = "pending"
	}
	s.refunds.add(r)
	s.emit("refund.created", r)
	s.emit("charge.refunded", ch)
	return r
}

func (s *Server) payRefund(r *refund) {
	t := s.book(&transaction{
		amount: -r.amount, currency: r.charge.currency, kind: r.charge.refundKind(), category: "refund", source: r.id,
		description: "REFUND FOR CHARGE",
	})
	r.transaction = t.id
}

// releaseAuthorisation releases the uncaptured part of an authorisation as a refund, as Stripe does automatically
// (stripe.com/docs/api/payment_intents/cancel, stripe.com/docs/api/payment_intents/capture). Because nothing was captured, the
// refund has no balance transaction; only after a partial capture settleCharge books one.
func (s *Server) releaseAuthorisation(ch *charge, reason string) {
	ch.released = &refund{
		id: s.ids.next("re"), created: s.clock.Now().Unix(), charge: ch, amount: ch.amount - ch.amountCaptured, status: "succeeded",
		reason: reason, metadata: map[string]string{}, uncaptured: true,
	}
	s.refunds.add(ch.released)
}

// emitRelease sends the events about the refund that releaseAuthorisation created.
func (s *Server) emitRelease(ch *charge) {
	s.emit("refund.created", ch.released)
	s.emit("charge.refunded", ch)
}

func listRefunds(s *Server, c *call) (any, *apiError) {
	return list(s, &s.refunds, "/v1/refunds", c.query, func(r *refund) bool { return r.charge.matches(c.query) })
}

func updateRefund(s *Server, c *call) (any, *apiError) {
	r, failed := s.refunds.find("refund", c.id)
	if failed == nil {
		failed = c.changeMetadata(&r.metadata)
	}
	if failed != nil {
		return nil, failed
	}
	s.refundChanged(r)
	return r.wire(s, expansionOf(c.form)), nil
}

func cancelRefund(s *Server, c *call) (any, *apiError) {
	r, failed := s.refunds.find("refund", c.id)
	switch {
	case failed != nil:
		return nil, failed
	case r.status != "requires_action":
		return nil, invalid("", "", "Only a refund with a status of requires_action can be canceled.")
	}
	s.reverseRefund(r, "canceled", "")
	return r.wire(s, expansionOf(c.form)), nil
}

// expireRefund fails a refund that waits for the customer (stripe.com/docs/api/refunds, test helpers).
func expireRefund(s *Server, c *call) (any, *apiError) {
	r, failed := s.refunds.find("refund", c.id)
	switch {
	case failed != nil:
		return nil, failed
	case r.status != "requires_action":
		return nil, invalid("", "", "Only a refund with a status of requires_action can be expired.")
	}
	s.reverseRefund(r, "failed", "expired_or_canceled_card")
	return r.wire(s, expansionOf(c.form)), nil
}

// AssignBankReference gives a refund the reference by which the customer's bank finds it, as card networks do some days after the refund.
func (s *Server) AssignBankReference(id, reference string) error {
	return s.moveRefund(id, func(r *refund) bool { return !r.uncaptured }, func(r *refund) {
		r.bankReference = reference
		s.refundChanged(r)
	})
}

func (s *Server) refundChanged(r *refund) {
	s.emit("refund.updated", r)
	s.emit("charge.refund.updated", r)
}
