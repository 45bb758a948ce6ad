package fakestripe

// paymentMethod is a payment method that a client created; the documented test payment methods exist without being created.
type paymentMethod struct {
	id       string
	created  int64
	metadata map[string]string
	card     string // the test payment method whose behaviour it has
	customer string
	billing  map[string]any // billing_details as the payer entered them
}

func (m *paymentMethod) identity() string { return m.id }
func (m *paymentMethod) createdAt() int64 { return m.created }

func (m *paymentMethod) wire(*Server, expansion) map[string]any {
	return map[string]any{
		"id": m.id, "object": "payment_method", "created": m.created, "livemode": false, "type": "card", "customer": orNil(m.customer),
		"metadata": m.metadata, "billing_details": m.billing, "card": cardDetails(cards[m.card]),
	}
}

func cardDetails(b behaviour) map[string]any {
	return map[string]any{
		"brand": b.cardBrand(), "last4": b.lastFour(), "country": "US", "exp_month": 12, "exp_year": 2034, "funding": "credit",
		"fingerprint": "standinFingerprint", "generated_from": nil, "wallet": nil,
		"checks":               map[string]any{"address_line1_check": nil, "address_postal_code_check": nil, "cvc_check": "pass"},
		"networks":             map[string]any{"available": []any{b.cardBrand()}, "preferred": nil},
		"three_d_secure_usage": map[string]any{"supported": true},
	}
}

// billingDetails returns the billing_details parameters; missing fields are null.
func (c *call) billingDetails() map[string]any {
	given := func(name string) any { return orNil(c.form.Get("billing_details[" + name + "]")) }
	address := map[string]any{}
	for _, part := range []string{"city", "country", "line1", "line2", "postal_code", "state"} {
		address[part] = orNil(c.form.Get("billing_details[address][" + part + "]"))
	}
	return map[string]any{"email": given("email"), "name": given("name"), "phone": given("phone"), "address": address}
}

// billingOf returns the billing details that charges copy from their payment method; a documented test payment method has none.
func (s *Server) billingOf(method string) map[string]any {
	if m := s.methods.get(method); m != nil {
		return m.billing
	}
	return (&call{}).billingDetails()
}

// numbers maps Stripe's published test card numbers to test payment methods (docs.stripe.com/testing).
var numbers = map[string]string{
	"4242424242424242": "pm_card_visa", "4000056655665556": "pm_card_visa_debit", "5555555555554444": "pm_card_mastercard",
	"371449635398431": "pm_card_amex", "4000000000000077": "pm_card_bypassPending",
	"4000000000000002": "pm_card_chargeDeclined", "4000000000009995": "pm_card_chargeDeclinedInsufficientFunds",
	"4000000000009987": "pm_card_visa_chargeDeclinedLostCard", "4000000000009979": "pm_card_visa_chargeDeclinedStolenCard",
	"4000000000000069": "pm_card_chargeDeclinedExpiredCard", "4000000000000127": "pm_card_chargeDeclinedIncorrectCvc",
	"4000000000000119": "pm_card_chargeDeclinedProcessingError", "4000000000006975": "pm_card_visa_chargeDeclinedVelocityLimitExceed",
	"4100000000000019": "pm_card_chargeDeclinedFraudulent",
	"4000002500003155": "pm_card_authenticationRequired", "4000002760003184": "pm_card_authenticationRequired",
	"4000000000003220": "pm_card_threeDSecure2Required", "4000008260003178": "pm_card_authenticationRequiredChargeDeclined",
	"4000000000000259": "pm_card_createDispute", "4000000000002685": "pm_card_createDisputeProductNotReceived",
	"4000000000001976": "pm_card_createDisputeInquiry", "4000000000005126": "pm_card_refundFail", "4000000000007726": "pm_card_pendingRefund",
}

func createMethod(s *Server, c *call) (any, *apiError) {
	if c.form.Get("type") != "card" {
		return nil, invalid("parameter_missing", "type", "The stand-in supports payment methods of type card only.")
	}
	card, found := numbers[c.form.Get("card[number]")]
	if token := c.form.Get("card[token]"); token == "tok_visa" {
		card, found = "pm_card_visa", true
	}
	if !found {
		return nil, invalid("incorrect_number", "card[number]", "The stand-in accepts Stripe's documented test card numbers only.")
	}
	m := &paymentMethod{id: s.ids.next("pm"), created: s.clock.Now().Unix(), metadata: c.metadata(), card: card, billing: c.billingDetails()}
	s.methods.add(m)
	return m.wire(s, nil), nil
}

func listMethods(s *Server, c *call) (any, *apiError) {
	who, kind := c.query.Get("customer"), c.query.Get("type")
	return list(s, &s.methods, "/v1/payment_methods", c.query, func(m *paymentMethod) bool {
		return (who == "" || m.customer == who) && (kind == "" || kind == cards[m.card].methodType())
	})
}

// attachMethod attaches a payment method to a customer. Attaching a documented test payment method creates a new payment method.
func attachMethod(s *Server, c *call) (any, *apiError) {
	who := c.form.Get("customer")
	if _, failed := s.customers.find("customer", who); failed != nil {
		return nil, asParameter(failed, "customer")
	}
	m := s.methods.get(c.id)
	if _, wellKnown := cards[c.id]; wellKnown {
		m = &paymentMethod{
			id: s.ids.next("pm"), created: s.clock.Now().Unix(), metadata: map[string]string{}, card: c.id,
			billing: s.billingOf(""),
		}
		s.methods.add(m)
	}
	if m == nil {
		return nil, notFoundError("payment_method", c.id)
	}
	m.customer = who
	s.emit("payment_method.attached", m)
	return m.wire(s, expansionOf(c.form)), nil
}

// behaviourOf returns the behaviour of a payment method, whether it is a documented test payment method or was created.
func (s *Server) behaviourOf(id string) (behaviour, *apiError) {
	if b, found := cards[id]; found {
		return b, nil
	}
	m, failed := s.methods.find("PaymentMethod", id)
	if failed != nil {
		return behaviour{}, &apiError{
			status: 400, kind: failed.kind, code: failed.code, param: "payment_method", message: failed.message,
			notStored: true,
		}
	}
	return cards[m.card], nil
}

// methodObject returns a payment method as errors include it.
func (s *Server) methodObject(id string) map[string]any {
	if m := s.methods.get(id); m != nil {
		return m.wire(s, nil)
	}
	b := cards[id]
	out := map[string]any{
		"id": id, "object": "payment_method", "created": s.clock.Now().Unix(), "livemode": false, "type": b.methodType(), "customer": nil,
		"metadata": map[string]any{}, "billing_details": s.billingOf(id), "card": cardDetails(b),
	}
	if b.debit {
		delete(out, "card")
		account := bankAccount(b)
		account["financial_connections_account"], account["networks"], account["status_details"] = nil, nil, nil
		out["us_bank_account"] = account
	}
	return out
}

// customer is a customer object. It is stored for clients that create one before a payment; nothing in the stand-in depends on
// it.
type customer struct {
	id, email, name, description string
	created                      int64
	metadata                     map[string]string
}

func (u *customer) identity() string { return u.id }
func (u *customer) createdAt() int64 { return u.created }

func (u *customer) wire(*Server, expansion) map[string]any {
	return map[string]any{
		"id": u.id, "object": "customer", "created": u.created, "livemode": false, "email": orNil(u.email), "name": orNil(u.name),
		"description": orNil(u.description), "metadata": u.metadata, "address": nil, "shipping": nil, "balance": 0, "currency": nil,
		"default_source": nil, "delinquent": false, "discount": nil, "invoice_prefix": "STANDIN", "phone": nil,
		"invoice_settings":  map[string]any{"custom_fields": nil, "default_payment_method": nil, "footer": nil, "rendering_options": nil},
		"preferred_locales": []any{}, "tax_exempt": "none", "test_clock": nil, "next_invoice_sequence": 1,
	}
}

func createCustomer(s *Server, c *call) (any, *apiError) {
	u := &customer{
		id: s.ids.next("cus"), created: s.clock.Now().Unix(), metadata: c.metadata(),
		email: c.form.Get("email"), name: c.form.Get("name"), description: c.form.Get("description"),
	}
	s.customers.add(u)
	return u.wire(s, nil), nil
}

func listCustomers(s *Server, c *call) (any, *apiError) {
	email := c.query.Get("email")
	return list(s, &s.customers, "/v1/customers", c.query, func(u *customer) bool { return email == "" || u.email == email })
}
