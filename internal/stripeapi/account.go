package stripeapi

import (
	"context"
	"net/http"
	"time"

	"github.com/stripe/stripe-go/v76"
)

// Account is what the account of the secret key may do (stripe.com/docs/api/accounts/object).
type Account struct {
	ID, Country                                      string
	ChargesEnabled, PayoutsEnabled, DetailsSubmitted bool
	// CardPayments is the status of the capability: active, inactive or pending; empty where Stripe does not say it.
	CardPayments string
	// CurrentlyDue and PastDue name the information that Stripe still needs, such as company.tax_id.
	CurrentlyDue, PastDue []string
	// DueBy is when what is currently due disables the account; zero without a deadline.
	DueBy time.Time
	// DisabledReason is why Stripe has disabled the account; empty otherwise.
	DisabledReason string
}

// Account reads the account that the secret key belongs to.
func (c *Client) Account(ctx context.Context) (Account, error) {
	const operation = "retrieve account"
	if err := c.before(ctx, operation); err != nil {
		return Account{}, err
	}
	params := &stripe.AccountParams{}
	params.Context = ctx
	read := &stripe.Account{}
	// Accounts.Get takes no context.
	if err := c.api.Accounts.B.Call(http.MethodGet, "/v1/account", c.api.Accounts.Key, params, read); err != nil {
		return Account{}, failureOf(operation, err)
	}
	out := Account{
		ID: read.ID, Country: read.Country, ChargesEnabled: read.ChargesEnabled, PayoutsEnabled: read.PayoutsEnabled,
		DetailsSubmitted: read.DetailsSubmitted,
	}
	if read.Capabilities != nil {
		out.CardPayments = string(read.Capabilities.CardPayments)
	}
	if due := read.Requirements; due != nil {
		out.CurrentlyDue, out.PastDue, out.DisabledReason = due.CurrentlyDue, due.PastDue, string(due.DisabledReason)
		if due.CurrentDeadline != 0 {
			out.DueBy = time.Unix(due.CurrentDeadline, 0).UTC()
		}
	}
	return out, nil
}
