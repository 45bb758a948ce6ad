package contract

import (
	"farebook/booking"
	"farebook/internal/stripeapi"
	"farebook/money"
)

// amount is that of each payment here, in US cents.
const amount = 45900

// reserve creates a PaymentIntent as Farebook does and returns its id.
func (s *Session) reserve(capture booking.CaptureMethod) string {
	if s.err != nil {
		return ""
	}
	made, err := s.target.client.CreatePaymentIntent(s.ctx, stripeapi.NewPaymentIntent{
		Reference: booking.Reference("FB-" + s.run), Amount: money.Money{Value: amount, Currency: "USD"}, Capture: capture, CorrelationID: s.run,
	}, 1)
	s.mustDo("create PaymentIntent", err)
	return made.PaymentIntentID
}

// confirm pays as the browser does when it has created a payment method.
func (s *Session) confirm(id, method string) answer {
	return s.post("/v1/payment_intents/"+id+"/confirm", "return_url=https://example.com/return&payment_method="+method)
}

// paid returns the id of a PaymentIntent that a card has paid; the money is available at once.
func (s *Session) paid() string {
	id := s.reserve(booking.CaptureAutomatic)
	s.must("confirm", s.confirm(id, "pm_card_bypassPending"))
	return id
}

// read retrieves a PaymentIntent with our client.
func (s *Session) read(id string) booking.PaymentSnapshot {
	if s.err != nil {
		return booking.PaymentSnapshot{}
	}
	snapshot, _, err := s.target.client.PaymentIntent(s.ctx, id)
	s.mustDo("retrieve PaymentIntent", err)
	return snapshot
}

func (s *Session) seePayment(name, id string) booking.PaymentSnapshot {
	payment := s.read(id)
	s.see(name, payment.StripeStatus, payment.Amount, payment.AmountReceived, payment.Currency)
	if payment.Balance != nil {
		s.see(name+"'s balance transaction", payment.Balance.Type, payment.Balance.ReportingCategory, payment.Balance.Amount)
		s.see(name+"'s net is its amount without the fee", payment.Balance.Net == payment.Balance.Amount-payment.Balance.Fee)
	}
	return payment
}

func payments() []Scenario {
	return []Scenario{
		{Name: "a card pays", play: cardPays, Want: []string{
			"before: requires_payment_method 45900 0 USD", "after: succeeded 45900 45900 USD",
			"after's balance transaction: charge charge 45900", "after's net is its amount without the fee: true",
			"charge: succeeded true true 0 card", "again: 400 invalid_request_error payment_intent_unexpected_state none none",
		}},
		{Name: "a card is declined", play: cardIsDeclined, Want: []string{
			"generic: 402 card_error card_declined generic_decline none", "insufficient funds: 402 card_error card_declined insufficient_funds none",
			"expired: 402 card_error expired_card none none", "wrong CVC: 402 card_error incorrect_cvc none none",
			"the error names the PaymentIntent, the charge, the payment method: true true true",
			"payment: requires_payment_method 45900 0 USD", "decline code: incorrect_cvc",
		}},
		{Name: "a card asks for authentication", play: func(s *Session) {
			waiting := s.must("confirm", s.confirm(s.reserve(booking.CaptureAutomatic), "pm_card_authenticationRequired"))
			s.see("payment", waiting.at("status"), waiting.at("next_action.type"))
		}, Want: []string{"payment: requires_action redirect_to_url"}},
		{Name: "a PaymentIntent is cancelled", play: paymentIsCancelled, Want: []string{
			"cancelled: canceled 45900 0 USD", "reason: abandoned", "again: unexpected_state 400 payment_intent_unexpected_state",
			"confirmed afterwards: 400 invalid_request_error payment_intent_unexpected_state none none",
			"cancelled after it was paid: unexpected_state 400 payment_intent_unexpected_state",
		}},
		{Name: "a payment is found by our metadata", play: func(s *Session) {
			id := s.reserve(booking.CaptureAutomatic)
			s.see("metadata", s.get("/v1/payment_intents/"+id).at("metadata.booking_reference") == "FB-"+s.run)
			s.must("edit", s.post("/v1/payment_intents/"+id, "metadata[booking_reference]="))
			s.see("edited away", s.read(id).Reference)
		}, Want: []string{"metadata: true", "edited away: "}},
	}
}

func cardPays(s *Session) {
	id := s.reserve(booking.CaptureAutomatic)
	s.seePayment("before", id)
	s.must("confirm", s.confirm(id, "pm_card_bypassPending"))
	s.await("the balance transaction", func() bool { return s.read(id).Balance != nil })
	s.seePayment("after", id)
	intent := s.get("/v1/payment_intents/" + id + "?expand[]=latest_charge.balance_transaction")
	charge, _ := intent.at("latest_charge").(map[string]any)
	s.seeFields("payment_intent", intent.body)
	s.seeFields("charge", charge)
	s.seeFields("balance_transaction", intent.at("latest_charge.balance_transaction"))
	s.see("charge", charge["status"], charge["paid"], charge["captured"], charge["amount_refunded"],
		intent.at("latest_charge.payment_method_details.type"))
	s.seeError("again", s.confirm(id, "pm_card_visa"))
	s.await("the event", func() bool {
		for _, event := range s.get("/v1/events?limit=100&type=payment_intent.succeeded").rows() {
			if event.text("data.object.id") == id {
				s.seeFields("event", event.body)
				return true
			}
		}
		return false
	})
}

func cardIsDeclined(s *Session) {
	id := s.reserve(booking.CaptureAutomatic)
	s.seeError("generic", s.confirm(id, "pm_card_chargeDeclined"))
	s.seeError("insufficient funds", s.confirm(id, "pm_card_chargeDeclinedInsufficientFunds"))
	s.seeError("expired", s.confirm(id, "pm_card_chargeDeclinedExpiredCard"))
	last := s.confirm(id, "pm_card_chargeDeclinedIncorrectCvc")
	s.seeError("wrong CVC", last)
	s.see("the error names the PaymentIntent, the charge, the payment method",
		last.at("error.payment_intent.id") == id, last.text("error.charge") != "", last.text("error.payment_method.id") != "")
	s.seeFields("error", last.at("error"))
	payment := s.seePayment("payment", id)
	s.see("decline code", payment.DeclineCode)
}

func paymentIsCancelled(s *Session) {
	cancel := func(id string, generation int) error {
		return s.target.client.CancelPaymentIntent(s.ctx, id, "abandoned", generation)
	}
	id := s.reserve(booking.CaptureAutomatic)
	s.mustDo("cancel", cancel(id, 1))
	payment := s.seePayment("cancelled", id)
	s.see("reason", payment.CancellationReason)
	s.seeFailure("again", cancel(id, 2))
	s.seeError("confirmed afterwards", s.confirm(id, "pm_card_visa"))
	other := s.must("create", s.post("/v1/payment_intents",
		"amount=45900&currency=usd&confirm=true&payment_method=pm_card_visa&payment_method_types[]=card"))
	s.seeFailure("cancelled after it was paid", cancel(other.text("id"), 3))
}
