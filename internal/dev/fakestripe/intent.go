package fakestripe

import (
	"maps"
	"strings"
)

// intent is a PaymentIntent (stripe.com/docs/api/payment_intents/object). Amounts are in minor units.
type intent struct {
	id, secret         string
	created            int64
	status             string
	amount             int64
	received           int64
	capturable         int64
	currency           string
	captureMethod      string
	description        string
	metadata           map[string]string
	automatic          bool
	redirects          string // allow_redirects: "always" or "never"
	methodTypes        []string
	method             string // id of the payment method of the latest attempt
	customer           string
	receiptEmail       string
	descriptor         string
	descriptorSuffix   string
	setupFutureUsage   string
	returnURL          string
	shipping           map[string]any
	lastError          *apiError
	latestCharge       string
	canceledAt         int64
	cancellationReason string
	transferGroup      string
	feeAmount          int64 // application_fee_amount
	incremental        bool  // the authorisation supports increment_authorization
}

// The statuses of a PaymentIntent (stripe.com/docs/payments/paymentintents/lifecycle).
const (
	needsMethod       = "requires_payment_method"
	needsConfirmation = "requires_confirmation"
	needsAction       = "requires_action"
	processing        = "processing"
	needsCapture      = "requires_capture"
	succeeded         = "succeeded"
	canceled          = "canceled"
)

func (i *intent) identity() string { return i.id }
func (i *intent) createdAt() int64 { return i.created }

func (i *intent) wire(s *Server, expand expansion) map[string]any {
	out := map[string]any{
		"id": i.id, "object": "payment_intent", "created": i.created, "livemode": false, "status": i.status,
		"amount": i.amount, "amount_received": i.received, "amount_capturable": i.capturable,
		"amount_details": map[string]any{"tip": map[string]any{}},
		"currency":       i.currency, "capture_method": i.captureMethod, "confirmation_method": "automatic",
		"client_secret": i.secret, "description": orNil(i.description), "metadata": maps.Clone(i.metadata),
		"payment_method_types": i.methodTypes, "payment_method": orNil(i.method), "customer": orNil(i.customer),
		"receipt_email": orNil(i.receiptEmail), "setup_future_usage": orNil(i.setupFutureUsage),
		"statement_descriptor": orNil(i.descriptor), "statement_descriptor_suffix": orNil(i.descriptorSuffix),
		"canceled_at": nil, "cancellation_reason": orNil(i.cancellationReason), "last_payment_error": nil,
		"latest_charge": orNil(i.latestCharge), "next_action": i.nextAction(s), "shipping": i.wireShipping(),
		"application": nil, "application_fee_amount": i.applicationFee(), "automatic_payment_methods": nil, "invoice": nil, "on_behalf_of": nil,
		"payment_method_configuration_details": nil,
		"payment_method_options": map[string]any{"card": map[string]any{
			"installments": nil, "mandate_options": nil, "network": nil,
			"request_three_d_secure": "automatic",
		}},
		"processing": nil, "review": nil, "transfer_data": nil, "transfer_group": orNil(i.transferGroup),
	}
	if i.automatic {
		out["automatic_payment_methods"] = map[string]any{"allow_redirects": i.redirects, "enabled": true}
	}
	if i.canceledAt != 0 {
		out["canceled_at"] = i.canceledAt
	}
	if i.lastError != nil {
		out["last_payment_error"] = i.lastError.wire(s)["error"]
	}
	if i.latestCharge != "" && expand.has("latest_charge") {
		out["latest_charge"] = s.charges.get(i.latestCharge).wire(s, expand.under("latest_charge"))
	}
	return s.expandAndRewrite(i.id, out, expand)
}

func (i *intent) wireShipping() any {
	if i.shipping == nil {
		return nil
	}
	return i.shipping
}

func (i *intent) nextAction(s *Server) any {
	if i.status != needsAction {
		return nil
	}
	return map[string]any{"type": "redirect_to_url", "redirect_to_url": map[string]any{
		"return_url": orNil(i.returnURL), "url": s.authenticationURL(i.id),
	}}
}

// PaymentIntent is a PaymentIntent as PaymentIntents returns it to tests. Amounts are in minor units.
type PaymentIntent struct {
	ID             string            `json:"id"`
	Status         string            `json:"status"`
	Amount         int64             `json:"amount"`
	AmountReceived int64             `json:"amount_received"`
	Currency       string            `json:"currency"`
	Metadata       map[string]string `json:"metadata"`
	LatestCharge   string            `json:"latest_charge"`
}

// PaymentIntents returns all PaymentIntents, oldest first.
func (s *Server) PaymentIntents() []PaymentIntent {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]PaymentIntent, 0, len(s.intents.order))
	for _, i := range s.intents.order {
		out = append(out, PaymentIntent{i.id, i.status, i.amount, i.received, i.currency, maps.Clone(i.metadata), i.latestCharge})
	}
	return out
}

func createIntent(s *Server, c *call) (any, *apiError) {
	i, failed := s.newIntent(c)
	if failed != nil {
		return nil, failed
	}
	s.intents.add(i)
	s.emit("payment_intent.created", i)
	if c.boolean("confirm") {
		return s.confirm(i, c)
	}
	return i.wire(s, expansionOf(c.form)), nil
}

func (s *Server) newIntent(c *call) (*intent, *apiError) {
	failed := c.exclusive("automatic_payment_methods", "payment_method_types")
	if failed != nil && c.boolean("automatic_payment_methods[enabled]") {
		return nil, failed
	}
	amount, _, failed := c.integer("amount")
	if failed != nil {
		return nil, failed
	}
	currency := strings.ToLower(c.form.Get("currency"))
	if failed := checkAmount(amount, currency); failed != nil {
		return nil, failed
	}
	i := &intent{
		id: s.ids.next("pi"), created: s.clock.Now().Unix(), status: needsMethod, amount: amount, currency: currency,
		captureMethod: orDefault(c.form.Get("capture_method"), "automatic"), metadata: c.metadata(),
		automatic: c.boolean("automatic_payment_methods[enabled]"), methodTypes: c.texts("payment_method_types"),
		redirects: orDefault(c.form.Get("automatic_payment_methods[allow_redirects]"), "always"),
	}
	i.secret = i.id + "_secret_" + strings.TrimPrefix(s.ids.next("x"), "x_")
	if len(i.methodTypes) == 0 {
		i.methodTypes = []string{"card"}
	}
	return i, s.changeIntent(i, c)
}

// changeIntent applies the parameters that both creation and update accept.
func (s *Server) changeIntent(i *intent, c *call) *apiError {
	for name, field := range map[string]*string{
		"description": &i.description, "customer": &i.customer, "receipt_email": &i.receiptEmail, "return_url": &i.returnURL,
		"statement_descriptor": &i.descriptor, "statement_descriptor_suffix": &i.descriptorSuffix, "setup_future_usage": &i.setupFutureUsage,
		"transfer_group": &i.transferGroup, "capture_method": &i.captureMethod,
	} {
		if values, given := c.form[name]; given && len(values) > 0 {
			*field = values[0]
		}
	}
	if name := c.form.Get("shipping[name]"); name != "" {
		i.shipping = map[string]any{
			"name": name, "phone": orNil(c.form.Get("shipping[phone]")), "carrier": nil, "tracking_number": nil,
			"address": map[string]any{
				"line1": orNil(c.form.Get("shipping[address][line1]")), "line2": nil, "city": orNil(c.form.Get("shipping[address][city]")),
				"state": orNil(c.form.Get("shipping[address][state]")), "postal_code": orNil(c.form.Get("shipping[address][postal_code]")),
				"country": orNil(c.form.Get("shipping[address][country]")),
			},
		}
	}
	fee, given, failed := c.integer("application_fee_amount")
	if failed != nil {
		return failed
	}
	if given {
		i.feeAmount = fee
	}
	if types := c.texts("payment_method_types"); len(types) > 0 {
		i.methodTypes = types
	}
	if c.form.Get("payment_method_options[card][request_incremental_authorization]") == "if_available" {
		i.incremental = true
	}
	method := c.form.Get("payment_method")
	if method == "" {
		return nil
	}
	b, failed := s.behaviourOf(method)
	switch {
	case failed != nil:
		return failed
	case !i.accepts(b):
		return invalid("", "payment_method", "The PaymentMethod provided ("+b.methodType()+") is not allowed for this PaymentIntent. Please "+
			"attach a PaymentMethod of a type that is in payment_method_types.")
	}
	i.method = method
	if i.status == needsMethod {
		i.status = needsConfirmation
	}
	return nil
}

func (i *intent) applicationFee() any {
	if i.feeAmount == 0 {
		return nil
	}
	return i.feeAmount
}

func orDefault(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

func listIntents(s *Server, c *call) (any, *apiError) {
	who := c.query.Get("customer")
	return list(s, &s.intents, "/v1/payment_intents", c.query, func(i *intent) bool { return who == "" || i.customer == who })
}

func retrieveIntent(s *Server, c *call) (any, *apiError) {
	i, failed := s.findIntent(c)
	if failed != nil {
		return nil, failed
	}
	return i.wire(s, expansionOf(c.query)), nil
}

// findIntent returns the PaymentIntent named in the path; a call with a publishable key must also pass its client secret.
func (s *Server) findIntent(c *call) (*intent, *apiError) {
	i, failed := s.intents.find("payment_intent", c.id)
	if failed != nil {
		failed.param = "intent"
		return nil, failed
	}
	if c.clientKey && c.form.Get("client_secret")+c.query.Get("client_secret") != i.secret {
		return nil, invalid("payment_intent_authentication_failure", "client_secret", "The client_secret provided does not match.")
	}
	return i, nil
}

func updateIntent(s *Server, c *call) (any, *apiError) {
	i, failed := s.findIntent(c)
	if failed != nil {
		return nil, failed
	}
	if i.status == succeeded || i.status == canceled {
		if c.form.Get("amount") != "" || c.form.Get("payment_method") != "" {
			return nil, unexpectedState(i, "This PaymentIntent's amount could not be updated because it has a status of "+i.status+".")
		}
	}
	if amount, given, failed := c.integer("amount"); failed != nil {
		return nil, failed
	} else if given {
		if failed := checkAmount(amount, i.currency); failed != nil {
			return nil, failed
		}
		i.amount = amount
	}
	if failed := c.changeMetadata(&i.metadata); failed != nil {
		return nil, failed
	}
	if failed := s.changeIntent(i, c); failed != nil {
		return nil, failed
	}
	return i.wire(s, expansionOf(c.form)), nil
}
