package stripestand

import (
	"maps"
	"slices"
	"time"
)

// transaction is a balance transaction, Stripe's accounting record (stripe.com/docs/api/balance_transactions/object).
// Refunds, disputes and payouts will add theirs beside the charges'.
type transaction struct {
	id          string
	created     int64
	availableOn int64
	amount      int64
	fee         int64
	currency    string
	kind        string // "charge"
	category    string // "charge"
	source      string
	description string
}

func (t *transaction) identity() string { return t.id }
func (t *transaction) createdAt() int64 { return t.created }
func (t *transaction) net() int64       { return t.amount - t.fee }

func (t *transaction) status(now time.Time) string {
	if now.Unix() >= t.availableOn {
		return "available"
	}
	return "pending"
}

func (t *transaction) wire(s *Server, _ expansion) map[string]any {
	fees := []any{}
	if t.fee != 0 {
		fees = append(fees, map[string]any{"amount": t.fee, "application": nil, "currency": t.currency,
			"description": "Stripe processing fees", "type": "stripe_fee"})
	}
	return map[string]any{
		"id": t.id, "object": "balance_transaction", "created": t.created, "available_on": t.availableOn, "amount": t.amount,
		"fee": t.fee, "net": t.net(), "currency": t.currency, "fee_details": fees, "exchange_rate": nil, "source": t.source,
		"type": t.kind, "reporting_category": t.category, "status": t.status(s.clock.Now()), "description": orNil(t.description),
	}
}

// pendingFor is how long money of a card stays pending.
const pendingFor = 2 * 24 * time.Hour

// settleCharge makes the balance transaction of a captured charge.
func (s *Server) settleCharge(ch *charge) {
	now := s.clock.Now()
	t := &transaction{
		id: s.ids.next("txn"), created: now.Unix(), availableOn: now.Add(pendingFor).Unix(), amount: ch.amountCaptured,
		fee: feeOf(ch.amountCaptured, ch.currency), currency: ch.currency, kind: "charge", category: "charge",
		source: ch.id, description: ch.intent.description,
	}
	if ch.behaviour.available {
		t.availableOn = now.Unix()
	}
	s.transactions.add(t)
	ch.transaction = t.id
}

// DelayBalanceTransactions makes captures asynchronous: a charge has no balance transaction until they are released.
func (s *Server) DelayBalanceTransactions(delay bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.delayBalance = delay
}

// ReleaseBalanceTransactions makes those that are due, each with its charge.updated, and delays no more.
func (s *Server) ReleaseBalanceTransactions() {
	s.mu.Lock()
	s.delayBalance = false
	for _, ch := range s.charges.order {
		if ch.captured && ch.transaction == "" {
			s.settleCharge(ch)
			s.emit("charge.updated", ch)
		}
	}
	s.mu.Unlock()
	s.webhooks.flush()
}

// Balance is pending and available together in a currency ("usd"), minor units.
func (s *Server) Balance(currency string) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	var sum int64
	for _, t := range s.transactions.order {
		if t.currency == currency {
			sum += t.net()
		}
	}
	return sum
}

func retrieveBalance(s *Server, _ *call) (any, *apiError) {
	sums := map[string]map[string]int64{"available": {"usd": 0}, "pending": {"usd": 0}}
	for _, t := range s.transactions.order {
		for _, status := range []string{"available", "pending"} {
			sums[status][t.currency] += 0 // each currency is listed in both
		}
		sums[t.status(s.clock.Now())][t.currency] += t.net()
	}
	rows := func(status string) []any {
		out := []any{}
		for _, currency := range slices.Sorted(maps.Keys(sums[status])) {
			amount := sums[status][currency]
			out = append(out, map[string]any{"amount": amount, "currency": currency, "source_types": map[string]any{"card": amount}})
		}
		return out
	}
	return map[string]any{"object": "balance", "livemode": false, "available": rows("available"), "pending": rows("pending")}, nil
}

func listTransactions(s *Server, c *call) (any, *apiError) {
	source, currency, kind := c.query.Get("source"), c.query.Get("currency"), c.query.Get("type")
	return list(s, &s.transactions, "/v1/balance_transactions", c.query, func(t *transaction) bool {
		return (source == "" || t.source == source) && (currency == "" || t.currency == currency) && (kind == "" || t.kind == kind)
	})
}

func retrieveTransaction(s *Server, c *call) (any, *apiError) {
	t, failed := s.transactions.find("balance transaction", c.id)
	if failed != nil {
		return nil, failed
	}
	return t.wire(s, nil), nil
}
