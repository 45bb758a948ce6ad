package fakestripe

// Account is what GET /v1/account says of the account (stripe.com/docs/api/accounts/object).
type Account struct {
	ChargesEnabled, PayoutsEnabled, DetailsSubmitted bool
	CardPayments                                     string // active, inactive or pending
	CurrentlyDue, PastDue                            []string
	DisabledReason                                   string // empty for none
}

// readyAccount may do everything.
func readyAccount() Account {
	return Account{ChargesEnabled: true, PayoutsEnabled: true, DetailsSubmitted: true, CardPayments: "active"}
}

// SetAccount changes what the account may do, as Stripe does while it verifies a business. Payments are accepted all the same.
func (s *Server) SetAccount(a Account) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.account = a
}

// retrieveAccount answers with the account that the API key belongs to (stripe.com/docs/api/accounts/retrieve).
func retrieveAccount(s *Server, _ *call) (any, *apiError) {
	a := s.account
	return map[string]any{
		"id": "acct_1StandInAccount", "object": "account", "country": "US", "default_currency": "usd", "email": "standin@example.com",
		"type": "standard", "charges_enabled": a.ChargesEnabled, "payouts_enabled": a.PayoutsEnabled,
		"details_submitted": a.DetailsSubmitted, "capabilities": map[string]any{"card_payments": a.CardPayments, "transfers": "active"},
		"requirements": map[string]any{
			"alternatives": []any{}, "current_deadline": nil, "currently_due": orEmpty(a.CurrentlyDue), "disabled_reason": orNil(a.DisabledReason),
			"errors": []any{}, "eventually_due": orEmpty(a.CurrentlyDue), "past_due": orEmpty(a.PastDue), "pending_verification": []any{},
		},
	}, nil
}

// orEmpty is a list that is never null in JSON.
func orEmpty(texts []string) []string {
	if texts == nil {
		return []string{}
	}
	return texts
}
