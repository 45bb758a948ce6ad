package fakestripe

// Fees are what the stand-in takes of each charge instead of 2.9% and 30 minor units. All of zero is an account on
// interchange-plus pricing, which is billed later (see Book); Tax and Application are parts beside Stripe's own, each with a
// line in fee_details. Minor units.
type Fees struct {
	PerMille    int64 `json:"per_mille"`
	Fixed       int64 `json:"fixed"`
	Tax         int64 `json:"tax"`
	Application int64 `json:"application"`
}

// FeeDetail is a part of a fee (stripe.com/docs/api/balance_transactions/object#balance_transaction_object-fee_details).
type FeeDetail struct {
	Amount      int64  `json:"amount"`
	Type        string `json:"type"` // "stripe_fee", "tax", "application_fee", "payment_method_passthrough_fee", "withheld_tax"
	Description string `json:"description"`
}

// SetFees changes the fees of the charges from now on; nil brings the usual ones back.
func (s *Server) SetFees(fees *Fees) { s.change(func(h *hooks) { h.fees = fees }) }

// feeOf a captured charge, all parts together.
func (s *Server) feeOf(ch *charge) int64 {
	switch fees := s.hooks.fees; {
	case fees != nil:
		return (ch.amountCaptured*fees.PerMille+500)/1000 + fees.Fixed + fees.Tax + fees.Application
	case ch.behaviour.debit:
		return debitFee(ch.amountCaptured)
	}
	return usualFee(ch.amountCaptured, ch.currency)
}

func (s *Server) otherFees() []FeeDetail {
	var out []FeeDetail
	fees := s.hooks.fees
	if fees != nil && fees.Tax != 0 {
		out = append(out, FeeDetail{fees.Tax, "tax", "VAT"})
	}
	if fees != nil && fees.Application != 0 {
		out = append(out, FeeDetail{fees.Application, "application_fee", "Application fee"})
	}
	return out
}

// feeDetails split a fee: Stripe's own part is what the others leave.
func (t *transaction) feeDetails() []any {
	own := t.fee
	out := []any{}
	for _, part := range t.otherFees {
		own -= part.Amount
		out = append(out, map[string]any{
			"amount": part.Amount, "application": nil, "currency": t.currency,
			"description": orNil(part.Description), "type": part.Type,
		})
	}
	if own == 0 {
		return out
	}
	about := "Stripe processing fees"
	if t.kind == "adjustment" {
		about = "Dispute fee"
	}
	return append([]any{map[string]any{"amount": own, "application": nil, "currency": t.currency, "description": about, "type": "stripe_fee"}},
		out...)
}
