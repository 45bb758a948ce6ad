package fakestripe

import (
	"maps"
	"net/url"
)

// charge is one attempt to take a payment (stripe.com/docs/api/charges/object). Amounts are in minor units.
type charge struct {
	id             string
	created        int64
	intent         *intent
	amount         int64
	amountCaptured int64
	currency       string
	captured       bool
	status         string
	metadata       map[string]string
	method         string
	behaviour      behaviour
	failure        behaviour
	transaction    string
	disputed       bool
	released       *refund // the refund of the uncaptured part of the authorisation; nil if there is none
	// failureTransaction is the id of the balance transaction that reverses a bank debit after it failed.
	failureTransaction string
}

func (ch *charge) identity() string { return ch.id }
func (ch *charge) createdAt() int64 { return ch.created }

func (s *Server) newCharge(i *intent, b behaviour) *charge {
	ch := &charge{
		id: s.ids.next(b.chargePrefix()), created: s.clock.Now().Unix(), intent: i, amount: i.amount, currency: i.currency,
		status: "succeeded", metadata: maps.Clone(i.metadata), method: i.method, behaviour: b,
	}
	s.charges.add(ch)
	return ch
}

func (ch *charge) wire(s *Server, expand expansion) map[string]any {
	out := map[string]any{
		"id": ch.id, "object": "charge", "created": ch.created, "livemode": false, "status": ch.status,
		"amount": ch.amount, "amount_captured": ch.amountCaptured, "amount_refunded": s.refundedOf(ch) + ch.uncaptured(), "currency": ch.currency,
		"captured": ch.captured, "paid": ch.status == "succeeded", "refunded": s.refundedOf(ch)+ch.uncaptured() == ch.amount,
		"disputed":       ch.disputed,
		"payment_intent": orNil(ch.intent.id), "payment_method": orNil(ch.method), "customer": orNil(ch.intent.customer),
		"metadata": maps.Clone(ch.metadata), "description": orNil(ch.intent.description), "receipt_email": orNil(ch.intent.receiptEmail),
		"balance_transaction": nil, "billing_details": s.billingOf(ch.method),
		"calculated_statement_descriptor": "FAREBOOK STANDIN", "statement_descriptor": orNil(ch.intent.descriptor),
		"statement_descriptor_suffix": orNil(ch.intent.descriptorSuffix), "payment_method_details": ch.methodDetails(),
		"outcome": ch.outcome(), "failure_code": nil, "failure_message": nil, "fraud_details": map[string]any{},
		"application": nil, "application_fee": nil, "application_fee_amount": ch.intent.applicationFee(), "invoice": nil,
		"on_behalf_of": nil, "receipt_number": nil, "receipt_url": nil, "review": nil, "shipping": ch.intent.wireShipping(),
		"source_transfer": nil, "transfer_data": nil, "transfer_group": orNil(ch.intent.transferGroup),
	}
	if ch.status == "failed" {
		out["failure_code"], out["failure_message"] = ch.failure.errorCode(), ch.failure.message()
	}
	out["failure_balance_transaction"] = s.expandedTransaction(ch.failureTransaction, "failure_balance_transaction", expand)
	out["balance_transaction"] = s.expandedTransaction(ch.transaction, "balance_transaction", expand)
	if expand.has("payment_intent") && ch.intent.id != "" {
		out["payment_intent"] = ch.intent.wire(s, expand.under("payment_intent"))
	}
	if before := s.captureBefore(ch); before != 0 {
		card := ch.card()
		card["capture_before"] = before
		out["payment_method_details"] = map[string]any{"type": "card", "card": card}
	}
	return s.expandAndRewrite(ch.id, out, expand)
}

// expandInto replaces the ids of the charge and its PaymentIntent in out by the whole objects, where the request expands them.
func (ch *charge) expandInto(s *Server, out map[string]any, expand expansion) {
	if expand.has("charge") {
		out["charge"] = ch.wire(s, expand.under("charge"))
	}
	if expand.has("payment_intent") && ch.intent.id != "" {
		out["payment_intent"] = ch.intent.wire(s, expand.under("payment_intent"))
	}
}

// uncaptured returns the released part of the authorisation in minor units, which Stripe counts as refunded.
func (ch *charge) uncaptured() int64 {
	if ch.released == nil {
		return 0
	}
	return ch.released.amount
}

// refundedOf returns how much of a charge's captured amount is refunded, in minor units, without failed and cancelled refunds.
func (s *Server) refundedOf(ch *charge) int64 {
	var sum int64
	for _, r := range s.refunds.order {
		if r.charge == ch && !r.uncaptured && r.status != "failed" && r.status != "canceled" {
			sum += r.amount
		}
	}
	return sum
}

func (ch *charge) card() map[string]any {
	return map[string]any{
		"amount_authorized": ch.amount, "brand": ch.behaviour.cardBrand(), "last4": ch.behaviour.lastFour(), "country": "US",
		"exp_month": 12, "exp_year": 2034, "fingerprint": "standinFingerprint", "funding": "credit", "installments": nil,
		"mandate": nil, "network": ch.behaviour.cardBrand(), "three_d_secure": nil, "wallet": nil,
		"checks":       map[string]any{"address_line1_check": nil, "address_postal_code_check": nil, "cvc_check": "pass"},
		"multicapture": map[string]any{"status": "unavailable"}, "incremental_authorization": map[string]any{"status": "unavailable"},
		"extended_authorization": map[string]any{"status": "disabled"},
		"overcapture":            map[string]any{"maximum_amount_capturable": ch.amount, "status": "unavailable"},
		"network_token":          map[string]any{"used": false},
	}
}

func (ch *charge) outcome() map[string]any {
	if ch.status == "failed" {
		return map[string]any{
			"network_status": "declined_by_network", "reason": orNil(ch.failure.declineCode), "risk_level": "normal",
			"seller_message": "The bank declined the payment.", "type": "issuer_declined",
		}
	}
	return map[string]any{
		"network_status": "approved_by_network", "reason": nil, "risk_level": "normal",
		"seller_message": "Payment complete.", "type": "authorized",
	}
}

// matches reports whether the filters charge and payment_intent of a list's query, where they are set, name this charge.
func (ch *charge) matches(query url.Values) bool {
	of, intent := query.Get("charge"), query.Get("payment_intent")
	return (of == "" || ch.id == of) && (intent == "" || ch.intent.id == intent)
}

func listCharges(s *Server, c *call) (any, *apiError) {
	of, who, group := c.query.Get("payment_intent"), c.query.Get("customer"), c.query.Get("transfer_group")
	return list(s, &s.charges, "/v1/charges", c.query, func(ch *charge) bool {
		return (of == "" || ch.intent.id == of) && (who == "" || ch.intent.customer == who) && (group == "" || ch.intent.transferGroup == group)
	})
}
