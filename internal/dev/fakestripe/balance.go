package fakestripe

import (
	"maps"
	"slices"
	"time"
)

// transaction is a balance transaction, Stripe's accounting record (stripe.com/docs/api/balance_transactions/object). Amounts
// are in minor units.
type transaction struct {
	id          string
	created     int64
	availableOn int64
	bookedFor   int64 // availableOn as it was booked: SettleFunds, which tests use in place of days, does not change it
	amount      int64
	fee         int64
	currency    string
	rate        int64  // exchange rate into currency, in millionths; 0 if nothing was converted
	kind        string // type: "charge", "refund", "adjustment"...
	category    string // reporting_category, which distinguishes transactions of the same type
	source      string
	description string
	payout      string      // id of the automatic payout that includes it
	otherFees   []FeeDetail // the parts of fee that do not go to Stripe
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

func (t *transaction) wire(s *Server, expand expansion) map[string]any {
	out := map[string]any{
		"id": t.id, "object": "balance_transaction", "created": t.created, "available_on": t.availableOn, "amount": t.amount,
		"fee": t.fee, "net": t.net(), "currency": t.currency, "fee_details": t.feeDetails(), "exchange_rate": exchangeRate(t.rate),
		"source": orNil(t.source),
		"type":   t.kind, "reporting_category": t.category, "status": t.status(s.clock.Now()), "description": orNil(t.description),
	}
	source := s.sourceOf(t)
	if source != nil && expand.has("source") {
		out["source"] = source.wire(s, expand.under("source"))
	}
	return s.expandAndRewrite(t.id, out, expand)
}

// sourceOf returns the charge, refund, dispute or payout that caused a balance transaction; nil if the stand-in does not hold
// it.
func (s *Server) sourceOf(t *transaction) object { return s.objectOf(t.source) }

// objectOf returns the object with this id, of whatever type; nil if there is none.
func (s *Server) objectOf(id string) object {
	if o, found := lookUp(&s.intents, id); found {
		return o
	}
	if o, found := lookUp(&s.charges, id); found {
		return o
	}
	if o, found := lookUp(&s.refunds, id); found {
		return o
	}
	if o, found := lookUp(&s.disputes, id); found {
		return o
	}
	if o, found := lookUp(&s.payouts, id); found {
		return o
	}
	if o, found := lookUp(&s.transactions, id); found {
		return o
	}
	if o, found := lookUp(&s.methods, id); found {
		return o
	}
	if o, found := lookUp(&s.customers, id); found {
		return o
	}
	return nil
}

func lookUp[T object](t *table[T], id string) (object, bool) {
	i, found := t.index[id]
	if !found {
		return nil, false
	}
	return t.order[i], true
}

// pendingFor is how long the funds of a card payment stay pending before they are available.
const pendingFor = 2 * 24 * time.Hour

// settleCharge books the balance transactions of a captured charge. A partial capture has two: one for the whole authorised
// amount, and one of category partial_capture_reversal that returns the uncaptured rest as a refund
// (stripe.com/docs/reports/reporting-categories).
func (s *Server) settleCharge(ch *charge) {
	now := s.clock.Now()
	availableOn := now.Add(pendingFor).Unix()
	if ch.behaviour.available {
		availableOn = now.Unix()
	}
	first := s.book(&transaction{
		availableOn: availableOn, amount: ch.amount, fee: s.feeOf(ch), otherFees: s.otherFees(), currency: ch.currency,
		kind: ch.transactionKind(), category: "charge", source: ch.id, description: ch.intent.description,
	})
	ch.transaction = first.id
	if ch.released != nil && !s.delayReversals {
		s.settleReversal(ch, availableOn)
	}
}

// Adjust books an adjustment by Stripe, of category other_adjustment and with no source object
// (stripe.com/docs/reports/reporting-categories). The amount is in minor units, negative if Stripe takes money. It returns the
// balance transaction's id.
func (s *Server) Adjust(amount int64, currency, description string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.book(&transaction{
		amount: amount, currency: currency, kind: "adjustment", category: "other_adjustment",
		description: description,
	}).id
}

// Bill books what Stripe charges for its own services (Radar, Billing), of category fee and with no source object
// (stripe.com/docs/reports/reporting-categories). The amount is in minor units. It returns the balance transaction's id.
func (s *Server) Bill(amount int64, currency, description string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.book(&transaction{amount: -amount, currency: currency, kind: "stripe_fee", category: "fee", description: description}).id
}

// book converts a balance transaction into the settlement currency, and stores it. A zero availableOn means that it is available
// immediately.
func (s *Server) book(t *transaction) *transaction {
	now := s.clock.Now().Unix()
	t.id, t.created = s.ids.next("txn"), now
	if t.availableOn == 0 {
		t.availableOn = now
	}
	t.bookedFor = t.availableOn
	s.exchange.convert(t)
	s.transactions.add(t)
	return t
}

// expandedTransaction returns a balance transaction's id, the whole object if field is expanded, or nil if id is empty.
func (s *Server) expandedTransaction(id, field string, expand expansion) any {
	if id == "" {
		return nil
	}
	if expand.has(field) {
		return s.transactions.get(id).wire(s, expand.under(field))
	}
	return id
}

// SettleFunds makes all pending funds available immediately.
func (s *Server) SettleFunds() {
	defer s.webhooks.flush()
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock.Now().Unix()
	for _, t := range s.transactions.order {
		t.availableOn = min(t.availableOn, now)
	}
	if s.hooks.moreEvents {
		s.emit("balance.available", balanceObject{})
	}
}

// DelayBalanceTransactions makes captures asynchronous: a charge gets no balance transaction until ReleaseBalanceTransactions.
func (s *Server) DelayBalanceTransactions(delay bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.delayBalance = delay
}

// ReleaseBalanceTransactions books the delayed balance transactions, sends charge.updated for each charge, and ends the delay.
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

// Balance returns the sum of pending and available funds in a currency ("usd"), in minor units.
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

// BalanceTransactions returns the creation time of each balance transaction, by id.
func (s *Server) BalanceTransactions() map[string]time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	created := make(map[string]time.Time, len(s.transactions.order))
	for _, t := range s.transactions.order {
		created[t.id] = time.Unix(t.created, 0).UTC()
	}
	return created
}

// Currencies returns the currencies of the balance as Stripe writes them: "usd".
func (s *Server) Currencies() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := map[string]bool{}
	for _, t := range s.transactions.order {
		seen[t.currency] = true
	}
	return slices.Sorted(maps.Keys(seen))
}

// balanceObject is the account's balance; there is one, without an id (stripe.com/docs/api/balance/balance_object).
type balanceObject struct{}

func (balanceObject) identity() string { return "" }
func (balanceObject) createdAt() int64 { return 0 }

func retrieveBalance(s *Server, _ *call) (any, *apiError) { return balanceObject{}.wire(s, nil), nil }

func (balanceObject) wire(s *Server, _ expansion) map[string]any {
	sums := map[string]map[string]int64{"available": {"usd": 0}, "pending": {"usd": 0}}
	for _, t := range s.transactions.order {
		for _, status := range []string{"available", "pending"} {
			sums[status][t.currency] += 0 // list each currency under both, pending and available
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
	out := map[string]any{"object": "balance", "livemode": false, "available": rows("available"), "pending": rows("pending")}
	s.addBalanceKinds(out)
	return out
}

func listTransactions(s *Server, c *call) (any, *apiError) {
	source, currency, kind, of := c.query.Get("source"), c.query.Get("currency"), c.query.Get("type"), c.query.Get("payout")
	if of != "" {
		po, failed := s.payouts.find("payout", of)
		if failed != nil {
			return nil, failed
		}
		if !po.automatic {
			return nil, invalid("", "payout", "Balance transaction history can only be filtered on automatic transfers, not manual.")
		}
	}
	return list(s, &s.transactions, "/v1/balance_transactions", c.query, func(t *transaction) bool {
		return (source == "" || t.source == source) && (currency == "" || t.currency == currency) && (kind == "" || t.kind == kind) &&
			(of == "" || t.payout == of)
	})
}
