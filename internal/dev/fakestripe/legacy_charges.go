package fakestripe

import "strings"

// Charges without a PaymentIntent, which accounts created before 2019 and some create today
// (stripe.com/docs/api/charges/create). Each has a hidden intent with an empty id.

func createCharge(s *Server, c *call) (any, *apiError) {
	amount, given, failed := c.integer("amount")
	currency := strings.ToLower(c.form.Get("currency"))
	switch {
	case failed != nil:
		return nil, failed
	case !given:
		return nil, invalid("parameter_missing", "amount", "Missing required param: amount.")
	}
	if failed := checkAmount(amount, currency); failed != nil {
		return nil, failed
	}
	method, failed := s.methodOfSource(c.form.Get("source"))
	if failed != nil {
		return nil, failed
	}
	i := &intent{
		status: needsCapture, amount: amount, capturable: amount, currency: currency, captureMethod: "manual", metadata: c.metadata(),
		description: c.form.Get("description"), receiptEmail: c.form.Get("receipt_email"), customer: c.form.Get("customer"), method: method,
	}
	b := cards[method]
	ch := s.newCharge(i, b)
	i.latestCharge = ch.id
	if b.declined() {
		ch.status, ch.failure = "failed", b
		s.emit("charge.failed", ch)
		return nil, &apiError{
			status: 402, kind: "card_error", code: b.errorCode(), declineCode: b.declineCode, message: b.message(),
			charge: ch.id,
		}
	}
	if c.form.Get("capture") != "false" {
		s.capture(i, ch, amount)
	}
	s.emit("charge.succeeded", ch)
	return ch.wire(s, expansionOf(c.form)), nil
}

// methodOfSource returns the test payment method that a token represents: pm_card_visa for tok_visa.
func (s *Server) methodOfSource(source string) (string, *apiError) {
	if method, made := s.tokens[source]; made {
		return method, nil
	}
	name, found := strings.CutPrefix(source, "tok_")
	method := "pm_card_" + name
	_, known := cards[method]
	if !found || !known {
		return "", invalid("resource_missing", "source", "No such token: '"+source+"'")
	}
	return method, nil
}

func captureCharge(s *Server, c *call) (any, *apiError) {
	ch, failed := s.charges.find("charge", c.id)
	switch {
	case failed != nil:
		return nil, failed
	case ch.captured:
		return nil, refused("charge_already_captured", "Charge "+ch.id+" has already been captured.")
	case ch.intent.id != "":
		return nil, invalid("", "", "This charge belongs to a PaymentIntent: capture the PaymentIntent instead.")
	}
	amount, given, failed := c.integer("amount")
	switch {
	case failed != nil:
		return nil, failed
	case !given:
		amount = ch.amount
	case amount < 1 || amount > ch.amount:
		return nil, invalid("amount_too_large", "amount", "The amount to capture is more than what is capturable.")
	}
	s.capture(ch.intent, ch, amount)
	s.emit("charge.captured", ch)
	return ch.wire(s, expansionOf(c.form)), nil
}

// createToken creates a token for a test card number (stripe.com/docs/api/tokens/create_card).
func createToken(s *Server, c *call) (any, *apiError) {
	method, found := numbers[c.form.Get("card[number]")]
	if !found {
		return nil, invalid("incorrect_number", "card[number]", "The stand-in accepts Stripe's documented test card numbers only.")
	}
	id, b := s.ids.next("tok"), cards[method]
	s.tokens[id] = method
	return map[string]any{
		"id": id, "object": "token", "created": s.clock.Now().Unix(), "livemode": false, "type": "card", "used": false, "client_ip": nil,
		"card": map[string]any{
			"id": s.ids.next("card"), "object": "card", "brand": "Visa", "country": "US", "exp_month": 12, "exp_year": 2034,
			"fingerprint": "standinFingerprint", "funding": "credit", "last4": b.lastFour(), "name": nil, "dynamic_last4": nil,
			"address_city": nil, "address_country": nil, "address_line1": nil, "address_line1_check": nil, "address_line2": nil,
			"address_state": nil, "address_zip": nil, "address_zip_check": nil, "cvc_check": nil, "tokenization_method": nil,
		},
	}, nil
}
