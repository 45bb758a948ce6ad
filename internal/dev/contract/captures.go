package contract

import (
	"farebook/booking"
)

func captures() []Scenario {
	return []Scenario{
		{
			Name: "an authorisation is captured in part",
			Assumption: "a charge of the whole amount and a refund of category partial_capture_reversal of the rest; the rest is shown as " +
				"a refund of the charge",
			play: capturedInPart, Want: []string{
				"authorised: requires_capture 45900 0 USD", "captured: succeeded 45900 30000 USD",
				"captured's balance transaction: charge charge 45900", "captured's net is its amount without the fee: true",
				"reversal: refund partial_capture_reversal -15900", "amount refunded: 15900",
				"captured again: unexpected_state 400 payment_intent_unexpected_state",
			},
		},
		{Name: "an authorisation is released", play: func(s *Session) {
			id := s.authorised()
			s.must("cancel", s.post("/v1/payment_intents/"+id+"/cancel", ""))
			s.seePayment("cancelled", id)
			charge := s.must("charge", s.get("/v1/charges?payment_intent="+id)).rows()[0]
			s.see("charge", charge.at("status"), charge.at("captured"), charge.at("amount_captured"), charge.at("balance_transaction"))
		}, Want: []string{"cancelled: canceled 45900 0 USD", "charge: succeeded false 0 none"}},
	}
}

func (s *Session) authorised() string {
	id := s.reserve(booking.CaptureManual)
	s.must("confirm", s.confirm(id, "pm_card_bypassPending"))
	return id
}

func capturedInPart(s *Session) {
	id := s.authorised()
	s.seePayment("authorised", id)
	s.mustDo("capture", s.target.client.CapturePaymentIntent(s.ctx, id, 30000, 1))
	s.await("the reversal", func() bool { return s.read(id).Reversal != nil })
	payment := s.seePayment("captured", id)
	if s.err == nil {
		s.see("reversal", payment.Reversal.Type, payment.Reversal.ReportingCategory, payment.Reversal.Amount)
	}
	s.see("amount refunded", s.get("/v1/charges/"+payment.ChargeID).at("amount_refunded"))
	s.seeFailure("captured again", s.target.client.CapturePaymentIntent(s.ctx, id, 30000, 2))
}
