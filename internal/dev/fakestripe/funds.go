package fakestripe

import (
	"maps"
	"slices"
	"strings"
)

// RefundRefusal says when the stand-in refuses a refund because of an insufficient balance.
type RefundRefusal string

// The conditions of RefuseRefunds.
const (
	RefuseNever    RefundRefusal = ""
	RefuseAlways   RefundRefusal = "always"
	RefuseUnfunded RefundRefusal = "unfunded" // when the available balance does not cover the refund
)

// RefuseRefunds makes refunds fail with a 400 without a code, as Stripe does on accounts whose balance may not become negative.
// The refusal counts as executed, so it is stored under the request's idempotency key.
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

// BalanceTransaction describes a balance transaction of any type and reporting category. Amounts are in minor units.
type BalanceTransaction struct {
	Amount      int64       `json:"amount"`
	Fee         int64       `json:"fee"`
	FeeDetails  []FeeDetail `json:"fee_details"` // the parts of Fee that do not go to Stripe
	Currency    string      `json:"currency"`
	Type        string      `json:"type"`
	Category    string      `json:"reporting_category"`
	Source      string      `json:"source"` // id of an object, which need not exist; empty for null
	Description string      `json:"description"`
	Pending     bool        `json:"pending"` // pending for two days instead of available immediately
}

// Book stores a balance transaction of any type and category, and returns its id. A fee that Stripe bills after the payment has
// the charge as its source, and {Type: "stripe_fee", Category: "fee"} or "network_cost" for both.
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

// SetBalanceKind shows an amount in minor units under a further kind of balance: connect_reserved, issuing or instant_available
// (stripe.com/docs/api/balance/balance_object). It books no balance transaction; see Book.
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
