package contract

import (
	"time"

	"farebook/booking"
)

func debits() []Scenario {
	return []Scenario{
		{
			Name: "a bank debit is processing, and succeeds", Assumption: "the charge and its balance transaction exist while it is processing",
			play: debitSucceeds, Want: []string{
				"submitted: processing", "charge: pending py", "transactions: [payment/charge 45900]", "in the end: succeeded 45900 45900 USD",
				"transactions then: [payment/charge 45900]",
			},
		},
		{
			Name: "a bank debit fails", Assumption: "a transaction of category charge_failure takes the money of the pending debit back",
			play: debitFails, Want: []string{
				"in the end: requires_payment_method 45900 0 USD", "charge: failed",
				"transactions: [payment/charge 45900 payment_failure_refund/charge_failure -45900]",
				"failure: payment_failure_refund charge_failure -45900",
			},
		},
		{
			Name: "a payment is cancelled while it is processing", Assumption: "a bank debit that has not been sent yet can be cancelled; its " +
				"charge fails",
			play: debitIsCancelled, Want: []string{
				"cancelled: 200 canceled", "charge: failed", "transactions: [payment/charge 45900 payment_failure_refund/charge_failure -45900]",
			},
		},
	}
}

// debit submits a bank debit for a PaymentIntent with automatic payment methods.
func (s *Session) debit(account string) string {
	id := s.reserve(booking.CaptureAutomatic)
	submitted := s.must("confirm with a bank account", s.post("/v1/payment_intents/"+id+"/confirm",
		"return_url=https://example.com/return&payment_method="+account+"&mandate_data[customer_acceptance][type]=offline"))
	if account == "pm_usBankAccount_success" {
		s.see("submitted", submitted.at("status"))
	}
	return id
}

func (s *Session) chargeOf(id string) answer {
	rows := s.must("list charges", s.get("/v1/charges?payment_intent="+id)).rows()
	if len(rows) == 0 {
		return answer{body: map[string]any{"id": "none_"}}
	}
	return rows[0]
}

func (s *Session) awaitStatus(id, status string) {
	s.pass(5 * 24 * time.Hour)
	s.await("the payment to be "+status, func() bool { return s.get("/v1/payment_intents/"+id).text("status") == status })
}

func debitSucceeds(s *Session) {
	id := s.debit("pm_usBankAccount_success")
	charge := s.chargeOf(id)
	s.see("charge", charge.at("status"), prefix(charge.text("id")))
	s.see("transactions", s.transactions(charge.text("id")))
	s.awaitStatus(id, "succeeded")
	payment := s.read(id)
	s.see("in the end", payment.StripeStatus, payment.Amount, payment.AmountReceived, payment.Currency)
	s.see("transactions then", s.transactions(charge.text("id")))
}

func debitFails(s *Session) {
	id := s.debit("pm_usBankAccount_insufficientFunds")
	s.awaitStatus(id, "requires_payment_method")
	payment := s.read(id)
	s.see("in the end", payment.StripeStatus, payment.Amount, payment.AmountReceived, payment.Currency)
	charge := s.chargeOf(id)
	s.see("charge", charge.at("status"))
	s.see("transactions", s.transactions(charge.text("id")))
	failure := s.get("/v1/charges/" + charge.text("id") + "?expand[]=failure_balance_transaction")
	s.see("failure", failure.at("failure_balance_transaction.type"), failure.at("failure_balance_transaction.reporting_category"),
		failure.at("failure_balance_transaction.amount"))
}

func debitIsCancelled(s *Session) {
	id := s.debit("pm_usBankAccount_processing")
	cancelled := s.post("/v1/payment_intents/"+id+"/cancel", "")
	s.see("cancelled", cancelled.status, cancelled.at("status"))
	charge := s.chargeOf(id)
	s.see("charge", charge.at("status"))
	s.see("transactions", s.transactions(charge.text("id")))
}
