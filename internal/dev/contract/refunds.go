package contract

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"farebook/booking"
	"farebook/internal/stripeapi"
)

func refunds() []Scenario {
	return []Scenario{
		{Name: "a payment is refunded in parts", play: refundedInParts, Want: []string{
			"refund: succeeded 900", "refund's balance transaction: refund refund -900", "too much: invalid_request 400 ",
			"the rest: succeeded 45000", "charge: true 45900", "once more: unexpected_state 400 charge_already_refunded",
		}},
		{Name: "a refund is pending", play: func(s *Session) {
			id := s.reserve(booking.CaptureAutomatic)
			s.must("confirm", s.confirm(id, "pm_card_pendingRefund"))
			s.see("refund", s.must("refund", s.post("/v1/refunds", "payment_intent="+id)).at("status"))
		}, Want: []string{"refund: pending"}},
		{
			Name: "a refund fails after it succeeded", Assumption: "refund.failed is not sent at API version 2023-10-16",
			play: refundFails, Want: []string{
				"at first: succeeded", "then: failed lost_or_stolen_card", "transactions: [refund/refund -45900 refund_failure/refund_failure 45900]",
				"failure: refund_failure refund_failure 45900",
				"events: [charge.refund.updated charge.refunded refund.created refund.updated]",
			},
		},
		{
			Name: "a refund names a PaymentIntent that does not exist", Assumption: "400, as for other parameters that name no object",
			play: func(s *Session) {
				s.seeFailure("refused", func() error { _, err := s.refund("pi_"+s.run, 100, 1); return err }())
			}, Want: []string{"refused: unknown_refusal 400 resource_missing"},
		},
	}
}

func (s *Session) refund(paymentIntent string, of int64, number int) (booking.RefundSnapshot, error) {
	if s.err != nil {
		return booking.RefundSnapshot{}, s.err
	}
	return s.target.client.CreateRefund(s.ctx, stripeapi.NewRefund{
		RefundID: booking.RefundID(fmt.Sprintf("RF-%s-%d", s.run, number)), Reference: booking.Reference("FB-" + s.run),
		PaymentIntentID: paymentIntent, Amount: of, Reason: "requested_by_customer", CorrelationID: s.run,
	}, 1)
}

func refundedInParts(s *Session) {
	id := s.paid()
	first, err := s.refund(id, 900, 1)
	s.mustDo("refund", err)
	s.see("refund", first.StripeStatus, first.Amount)
	read := s.must("read", s.get("/v1/refunds/"+first.StripeRefundID+"?expand[]=balance_transaction"))
	s.seeFields("refund", read.body)
	s.see("refund's balance transaction", read.at("balance_transaction.type"), read.at("balance_transaction.reporting_category"),
		read.at("balance_transaction.amount"))
	_, err = s.refund(id, amount, 2)
	s.seeFailure("too much", err)
	rest, err := s.refund(id, amount-900, 3)
	s.mustDo("refund the rest", err)
	s.see("the rest", rest.StripeStatus, rest.Amount)
	charge := s.get("/v1/charges/" + rest.ChargeID)
	s.see("charge", charge.at("refunded"), charge.at("amount_refunded"))
	_, err = s.refund(id, 100, 4)
	s.seeFailure("once more", err)
}

func refundFails(s *Session) {
	id := s.reserve(booking.CaptureAutomatic)
	s.must("confirm", s.confirm(id, "pm_card_refundFail"))
	refund := s.must("refund", s.post("/v1/refunds", "payment_intent="+id))
	s.see("at first", refund.at("status"))
	path := "/v1/refunds/" + refund.text("id") + "?expand[]=failure_balance_transaction"
	s.pass(2 * time.Hour)
	s.await("the refund to fail", func() bool { return s.get(path).text("status") == "failed" })
	failed := s.get(path)
	s.see("then", failed.at("status"), failed.at("failure_reason"))
	s.see("transactions", s.transactions(refund.text("id")))
	s.see("failure", failed.at("failure_balance_transaction.type"), failed.at("failure_balance_transaction.reporting_category"),
		failed.at("failure_balance_transaction.amount"))
	s.see("events", s.eventTypes(refund.text("id"), refund.text("charge")))
}

// eventTypes returns the types of the events about a refund and about the refunds of its charge.
func (s *Session) eventTypes(refund, charge string) []string {
	var types []string
	for _, event := range s.must("events", s.get("/v1/events?limit=100")).rows() {
		about, kind := event.text("data.object.id"), event.text("type")
		if about == refund || about == charge && strings.HasPrefix(kind, "charge.refund") {
			types = append(types, kind)
		}
	}
	slices.Sort(types)
	return slices.Compact(types)
}
