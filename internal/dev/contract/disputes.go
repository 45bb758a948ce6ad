package contract

import (
	"farebook/booking"
)

func disputes() []Scenario {
	return []Scenario{
		{Name: "a dispute is won", play: func(s *Session) { disputed(s, "winning_evidence", "won") }, Want: []string{
			"open: needs_response 45900 fraudulent", "withdrawn: [adjustment/dispute -45900]",
			"refund meanwhile: unexpected_state 400 charge_disputed",
			"decided: won", "transactions: [adjustment/dispute -45900 adjustment/dispute_reversal 45900]",
		}},
		{Name: "a dispute is lost", play: func(s *Session) { disputed(s, "losing_evidence", "lost") }, Want: []string{
			"open: needs_response 45900 fraudulent", "withdrawn: [adjustment/dispute -45900]",
			"refund meanwhile: unexpected_state 400 charge_disputed",
			"decided: lost", "transactions: [adjustment/dispute -45900]",
		}},
	}
}

func disputed(s *Session, evidence, end string) {
	id := s.reserve(booking.CaptureAutomatic)
	s.must("confirm", s.confirm(id, "pm_card_createDispute"))
	var dispute answer
	s.await("the dispute", func() bool {
		rows := s.get("/v1/disputes?payment_intent=" + id).rows()
		if len(rows) > 0 {
			dispute = rows[0]
		}
		return len(rows) > 0
	})
	s.seeFields("dispute", dispute.body)
	s.see("open", dispute.at("status"), dispute.at("amount"), dispute.at("reason"))
	s.see("withdrawn", s.transactions(dispute.text("id")))
	_, err := s.refund(id, 100, 1)
	s.seeFailure("refund meanwhile", err)
	path := "/v1/disputes/" + dispute.text("id")
	s.must("submit", s.post(path, "evidence[uncategorized_text]="+evidence))
	s.await("the decision", func() bool { return s.get(path).text("status") == end })
	s.see("decided", s.get(path).at("status"))
	s.see("transactions", s.transactions(dispute.text("id")))
}
