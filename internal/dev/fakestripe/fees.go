package fakestripe

// Fees replaces the standard fee of 2.9% plus 30 for later charges. All zero simulates interchange-plus pricing, where Stripe bills
// fees later (see Book). Tax and Application come on top of Stripe's part, each with its line in fee_details. PerMille is in
// thousandths of the captured amount, the rest in minor units.
type Fees struct {
	PerMille    int64 `json:"per_mille"`
	Fixed       int64 `json:"fixed"`
	Tax         int64 `json:"tax"`
	Application int64 `json:"application"`
}

// FeeDetail is one part of a fee (stripe.com/docs/api/balance_transactions/object#balance_transaction_object-fee_details).
// Amount is in minor units.
type FeeDetail struct {
	Amount      int64  `json:"amount"`
	Type        string `json:"type"` // "stripe_fee", "tax", "application_fee", "payment_method_passthrough_fee", "withheld_tax"
	Description string `json:"description"`
}

// SetFees changes the fees of later charges; nil restores the standard fee.
func (s *Server) SetFees(fees *Fees) { s.change(func(h *hooks) { h.fees = fees }) }

// feeOf returns the total fee of a captured charge, in minor units.
func (s *Server) feeOf(ch *charge) int64 {
	switch fees := s.hooks.fees; {
	case fees != nil:
		return (ch.amountCaptured*fees.PerMille+500)/1000 + fees.Fixed + fees.Tax + fees.Application
	case ch.behaviour.debit:
		return debitFee(ch.amountCaptured)
	}
	return standardFee(ch.amountCaptured, ch.currency)
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

// feeDetails returns fee_details: Stripe's part is the fee minus the other parts.
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
