package fakestripe

import (
	"maps"
	"slices"
	"strings"
)

// RefundRefusal says when a refund is refused for lack of balance.
type RefundRefusal string

// The ways of RefuseRefunds.
const (
	RefuseNever    RefundRefusal = ""
	RefuseAlways   RefundRefusal = "always"
	RefuseUnfunded RefundRefusal = "unfunded" // what is available does not cover it
)

// RefuseRefunds has refunds refused with a 400 that has no code, as Stripe does on accounts whose balance may not go below
// zero. The refusal is executed: it is kept under the request's key.
func (s *Server) RefuseRefunds(when RefundRefusal) {
	s.change(func(h *hooks) { h.refundRefusal = when })
}

func (s *Server) unfunded(amount int64, currency string) *apiError {
	when := s.hooks.refundRefusal
	if when == RefuseNever || when == RefuseUnfunded && s.available(currency) >= amount {
		return nil
	}
	return refused("", "Insufficient funds in your Stripe balance to refund this amount.")
}

// BalanceTransaction is one of any type and reporting category. Minor units.
type BalanceTransaction struct {
	Amount      int64       `json:"amount"`
	Fee         int64       `json:"fee"`
	FeeDetails  []FeeDetail `json:"fee_details"` // the parts of Fee that are not Stripe's own
	Currency    string      `json:"currency"`
	Type        string      `json:"type"`
	Category    string      `json:"reporting_category"`
	Source      string      `json:"source"` // an object of the stand-in's or not; empty for none
	Description string      `json:"description"`
	Pending     bool        `json:"pending"` // not available for two days
}

// Book moves the balance by a balance transaction of any type and category, and returns its id. A fee that Stripe bills
// after the payment has the charge as its source: {Type: "stripe_fee", Category: "fee"} or "network_cost" for both.
func (s *Server) Book(in BalanceTransaction) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := &transaction{
		amount: in.Amount, fee: in.Fee, otherFees: slices.Clone(in.FeeDetails), currency: strings.ToLower(in.Currency), kind: in.Type,
		category: in.Category, source: in.Source, description: in.Description,
	}
	if in.Pending {
		t.availableOn = s.clock.Now().Add(pendingFor).Unix()
	}
	return s.book(t).id
}

// SetBalanceKind shows money beside available and pending: kind is connect_reserved, issuing or instant_available
// (stripe.com/docs/api/balance/balance_object). No balance transaction comes of it; see Book. Minor units.
func (s *Server) SetBalanceKind(kind, currency string, amount int64) {
	s.change(func(h *hooks) {
		if h.balanceKinds[kind] == nil {
			h.balanceKinds[kind] = map[string]int64{}
		}
		h.balanceKinds[kind][currency] = amount
	})
}

func (s *Server) addBalanceKinds(out map[string]any) {
	for kind, amounts := range s.hooks.balanceKinds {
		rows := []any{}
		for _, currency := range slices.Sorted(maps.Keys(amounts)) {
			rows = append(rows, map[string]any{"amount": amounts[currency], "currency": currency})
		}
		out[kind] = rows
		if kind == "issuing" {
			out[kind] = map[string]any{"available": rows}
		}
	}
}
