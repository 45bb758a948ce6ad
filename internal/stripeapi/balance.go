package stripeapi

import (
	"context"
	"strings"

	"github.com/stripe/stripe-go/v76"

	"farebook/booking"
	"farebook/money"
)

// Balances reads the balance (stripe.com/docs/api/balance). Kinds that the account does not have are empty.
func (c *Client) Balances(ctx context.Context) (booking.Balances, error) {
	const operation = "retrieve balance"
	if err := c.before(ctx, operation); err != nil {
		return booking.Balances{}, err
	}
	params := &stripe.BalanceParams{}
	params.Context = ctx
	balance, err := c.api.Balance.Get(params)
	if err != nil {
		return booking.Balances{}, failureOf(operation, err)
	}
	out := booking.Balances{
		Clearing: byCurrency(balance.Available, balance.Pending),
		Kinds: map[booking.BalanceKind]map[money.Currency]int64{
			booking.BalanceConnectReserved: byCurrency(balance.ConnectReserved),
			booking.BalanceIssuing:         {},
		},
	}
	if balance.Issuing != nil {
		out.Kinds[booking.BalanceIssuing] = byCurrency(balance.Issuing.Available)
	}
	return out, nil
}

func byCurrency(lists ...[]*stripe.Amount) map[money.Currency]int64 {
	sums := map[money.Currency]int64{}
	for _, list := range lists {
		for _, part := range list {
			sums[money.Currency(strings.ToUpper(string(part.Currency)))] += part.Amount
		}
	}
	return sums
}
