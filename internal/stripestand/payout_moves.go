package stripestand

import "strings"

// PayOut makes an automatic payout of everything that is available in a currency ("usd") and that no other automatic
// payout has taken, and returns its id.
func (s *Server) PayOut(currency string) (string, error) {
	s.mu.Lock()
	var contents []*transaction
	var sum int64
	for _, t := range s.transactions.order {
		if t.currency == currency && t.payout == "" && t.status(s.clock.Now()) == "available" {
			contents = append(contents, t)
			sum += t.net()
		}
	}
	var failed *apiError
	id := ""
	if sum < 1 {
		failed = invalid("balance_insufficient", "amount", "there is nothing to pay out")
	} else {
		p := s.newPayout(sum, currency)
		p.automatic, id = true, p.id
		for _, t := range append(contents, s.transactions.get(p.transaction)) {
			t.payout = p.id
		}
		s.emit("payout.created", p)
		s.emit("payout.reconciliation_completed", p)
	}
	s.mu.Unlock()
	s.webhooks.flush()
	return id, asError(failed)
}

// payoutMoves says where a payout may go.
var payoutMoves = map[string][]string{
	"pending": {"in_transit", "paid", "failed", "canceled"}, "in_transit": {"paid", "failed"}, "paid": {"failed"},
}

var payoutEvents = map[string]string{"in_transit": "payout.updated", "paid": "payout.paid", "failed": "payout.failed", "canceled": "payout.canceled"}

func (s *Server) advancePayout(p *payout, status string) *apiError {
	if !contains(payoutMoves[p.status], status) {
		return invalid("", "", "a payout that is "+p.status+" cannot become "+status)
	}
	p.status = status
	if kind := map[string]string{"failed": "payout_failure", "canceled": "payout_cancel"}[status]; kind != "" {
		p.failureTransaction = s.book(&transaction{
			amount: p.amount, currency: p.currency, kind: kind, category: "payout_reversal", source: p.id,
			description: "STRIPE PAYOUT (" + strings.ToUpper(status) + ")",
		}).id
	}
	if status == "failed" {
		p.failureCode = "account_closed"
	}
	s.emit(payoutEvents[status], p)
	return nil
}

// MovePayout is the bank: it takes a payout to in_transit, paid, failed (also after paid) or canceled.
func (s *Server) MovePayout(id, status string) error {
	s.mu.Lock()
	p, failed := s.payouts.find("payout", id)
	if failed == nil {
		failed = s.advancePayout(p, status)
	}
	s.mu.Unlock()
	s.webhooks.flush()
	return asError(failed)
}
