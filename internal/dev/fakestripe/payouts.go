package fakestripe

import (
	"maps"
	"strings"
	"time"
)

// payout is a transfer of funds to the bank account (stripe.com/docs/api/payouts/object). Amounts are in minor units.
type payout struct {
	id                 string
	created            int64
	amount             int64
	currency           string
	status             string
	automatic          bool
	description        string
	descriptor         string
	method             string
	metadata           map[string]string
	transaction        string
	failureTransaction string
	failureCode        string
	reverses           string // id of the payout that this one reverses
	reversedBy         string
	// unreconciled holds the balance transactions of a payout whose reconciliation is in progress.
	unreconciled []*transaction
}

// arrivalAfter is how long after its creation a payout arrives.
const arrivalAfter = 2 * 24 * time.Hour

func (p *payout) identity() string { return p.id }
func (p *payout) createdAt() int64 { return p.created }

func (p *payout) wire(s *Server, expand expansion) map[string]any {
	reconciliation := "not_applicable"
	if p.automatic {
		reconciliation = "completed"
	}
	if p.unreconciled != nil {
		reconciliation = "in_progress"
	}
	var failureMessage any
	if p.failureCode != "" {
		failureMessage = "The bank account has been closed"
	}
	return s.expandAndRewrite(p.id, map[string]any{
		"id": p.id, "object": "payout", "created": p.created, "livemode": false, "amount": p.amount, "currency": p.currency, "status": p.status,
		"arrival_date": p.arrival(), "automatic": p.automatic, "description": orNil(p.description),
		"destination": "ba_3standinBankAccount", "metadata": maps.Clone(p.metadata), "method": orDefault(p.method, "standard"),
		"original_payout": orNil(p.reverses), "reversed_by": orNil(p.reversedBy), "reconciliation_status": reconciliation, "source_type": "card",
		"statement_descriptor": orNil(p.descriptor), "type": "bank_account", "failure_code": orNil(p.failureCode),
		"failure_message":             failureMessage,
		"balance_transaction":         s.expandedTransaction(p.transaction, "balance_transaction", expand),
		"failure_balance_transaction": s.expandedTransaction(p.failureTransaction, "failure_balance_transaction", expand),
	}, expand)
}

// arrival returns the expected day of arrival as the Unix time of its midnight, UTC.
func (p *payout) arrival() int64 {
	return time.Unix(p.created, 0).UTC().Add(arrivalAfter).Truncate(24 * time.Hour).Unix()
}

// PayoutInfo is a payout as Payouts returns it to tests. Amounts are in minor units.
type PayoutInfo struct {
	ID        string `json:"id"`
	Status    string `json:"status"`
	Currency  string `json:"currency"`
	Amount    int64  `json:"amount"`
	Automatic bool   `json:"automatic"`
}

// Payouts returns all payouts, oldest first.
func (s *Server) Payouts() []PayoutInfo {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]PayoutInfo, 0, len(s.payouts.order))
	for _, p := range s.payouts.order {
		out = append(out, PayoutInfo{p.id, p.status, p.currency, p.amount, p.automatic})
	}
	return out
}

func createPayout(s *Server, c *call) (any, *apiError) {
	amount, _, failed := c.integer("amount")
	currency := strings.ToLower(c.form.Get("currency"))
	switch {
	case failed != nil:
		return nil, failed
	case len(currency) != 3:
		return nil, invalid("", "currency", "Invalid currency: "+currency+".")
	case amount < 1:
		return nil, invalid("parameter_invalid_integer", "amount", "Invalid positive integer")
	case amount > s.available(currency):
		return nil, refused("balance_insufficient", "You have insufficient funds in your Stripe account for this transfer.")
	}
	p := s.newPayout(amount, currency)
	p.description, p.descriptor, p.method = c.form.Get("description"), c.form.Get("statement_descriptor"), c.form.Get("method")
	p.metadata = c.metadata()
	s.emit("payout.created", p)
	return p.wire(s, expansionOf(c.form)), nil
}

// available returns the available balance in a currency, in minor units.
func (s *Server) available(currency string) int64 {
	var sum int64
	for _, t := range s.transactions.order {
		if t.currency == currency && t.status(s.clock.Now()) == "available" {
			sum += t.net()
		}
	}
	return sum
}

func (s *Server) newPayout(amount int64, currency string) *payout {
	p := &payout{
		id: s.ids.next("po"), created: s.clock.Now().Unix(), amount: amount, currency: currency, status: "pending", metadata: map[string]string{},
	}
	p.transaction = s.book(&transaction{
		amount: -amount, currency: currency, kind: "payout", category: "payout", source: p.id, description: "STRIPE PAYOUT",
	}).id
	s.payouts.add(p)
	return p
}

func listPayouts(s *Server, c *call) (any, *apiError) {
	arrival, failed := timeFilter("arrival_date", c.query)
	if failed != nil {
		return nil, failed
	}
	status := c.query.Get("status")
	return list(s, &s.payouts, "/v1/payouts", c.query, func(p *payout) bool {
		return (status == "" || p.status == status) && arrival(p.arrival())
	})
}

func updatePayout(s *Server, c *call) (any, *apiError) {
	p, failed := s.payouts.find("payout", c.id)
	if failed == nil {
		failed = c.changeMetadata(&p.metadata)
	}
	if failed != nil {
		return nil, failed
	}
	s.emit("payout.updated", p)
	return p.wire(s, expansionOf(c.form)), nil
}

// reversePayout creates a payout of the negative amount, which debits the bank account (stripe.com/docs/api/payouts/reverse). A
// payout that failed, was cancelled or is already reversed is refused with a 400.
func reversePayout(s *Server, c *call) (any, *apiError) {
	p, failed := s.payouts.find("payout", c.id)
	switch {
	case failed != nil:
		return nil, failed
	case p.status == "failed" || p.status == "canceled" || p.reversedBy != "":
		return nil, refused("", "This payout cannot be reversed.")
	}
	back := s.newPayout(-p.amount, p.currency)
	back.reverses, p.reversedBy, back.metadata = p.id, back.id, c.metadata()
	s.emit("payout.created", back)
	return back.wire(s, expansionOf(c.form)), nil
}

// cancelPayout cancels a manual payout that is still pending (stripe.com/docs/api/payouts/cancel).
func cancelPayout(s *Server, c *call) (any, *apiError) {
	p, failed := s.payouts.find("payout", c.id)
	if failed == nil && p.automatic {
		failed = refused("", "Automatic payouts can't be canceled.")
	}
	if failed == nil {
		failed = s.advancePayout(p, "canceled")
	}
	if failed != nil {
		return nil, failed
	}
	return p.wire(s, expansionOf(c.form)), nil
}
