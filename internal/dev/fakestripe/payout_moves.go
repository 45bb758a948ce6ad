package fakestripe

import (
	"slices"
	"strings"
)

// PayOut creates an automatic payout of all available funds in a currency ("usd") that no other automatic payout includes, and
// returns its id. It fails with balance_insufficient if there are none; a negative sum is paid out only under
// AllowNegativePayouts.
func (s *Server) PayOut(currency string) (string, error) {
	s.mu.Lock()
	var contents []*transaction
	var sum int64
	for _, t := range s.transactions.order {
		if t.currency == currency && t.payout == "" && !s.beingReconciled(t) && t.status(s.clock.Now()) == "available" {
			contents = append(contents, t)
			sum += t.net()
		}
	}
	var failed *apiError
	id := ""
	if sum == 0 || sum < 0 && !s.hooks.negativePayouts {
		failed = invalid("balance_insufficient", "amount", "the available balance has nothing to pay out")
	} else {
		p := s.newPayout(sum, currency)
		p.automatic, id = true, p.id
		p.unreconciled = append(contents, s.transactions.get(p.transaction))
		s.emit("payout.created", p)
		if !s.hooks.holdReconciliation {
			s.reconcilePayout(p)
		}
	}
	s.mu.Unlock()
	s.webhooks.flush()
	return id, asError(failed)
}

// reconcilePayout lists the balance transactions of a payout and sends payout.reconciliation_completed.
func (s *Server) reconcilePayout(p *payout) {
	for _, t := range p.unreconciled {
		t.payout = p.id
	}
	p.unreconciled = nil
	s.emit("payout.reconciliation_completed", p)
}

// beingReconciled reports whether a balance transaction belongs to a payout that does not list it yet.
func (s *Server) beingReconciled(t *transaction) bool {
	for _, p := range s.payouts.order {
		if slices.Contains(p.unreconciled, t) {
			return true
		}
	}
	return false
}

// CompletePayoutReconciliation completes the reconciliation of a payout that HoldPayoutReconciliation held.
func (s *Server) CompletePayoutReconciliation(id string) error {
	return s.withObject(id, func(o object) *apiError {
		p, ok := o.(*payout)
		if !ok || p.unreconciled == nil {
			return invalid("", "id", id+" is not a payout with a reconciliation in progress")
		}
		s.reconcilePayout(p)
		return nil
	})
}

// payoutMoves maps a status to the statuses that may follow it.
var payoutMoves = map[string][]string{
	"pending": {"in_transit", "paid", "failed", "canceled"}, "in_transit": {"paid", "failed"}, "paid": {"failed"},
}

var payoutEvents = map[string]string{
	"in_transit": "payout.updated", "paid": "payout.paid", "failed": "payout.failed",
	"canceled": "payout.canceled",
}

func (s *Server) advancePayout(p *payout, status string) *apiError {
	if !contains(payoutMoves[p.status], status) {
		return invalid("", "", "a payout with the status "+p.status+" cannot become "+status)
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

// MovePayout moves a payout to in_transit, paid, failed (also after paid) or canceled, as the bank does.
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
