package stripeapi

import (
	"context"
	"strings"

	"github.com/stripe/stripe-go/v76"

	"farebook/booking"
)

// Balance is Stripe's own, pending and available together, in minor units per currency (stripe.com/docs/api/balance).
func (c *Client) Balance(ctx context.Context) (map[booking.Currency]int64, error) {
	const operation = "retrieve balance"
	if err := c.before(ctx, operation); err != nil {
		return nil, err
	}
	params := &stripe.BalanceParams{}
	params.Context = ctx
	balance, err := c.api.Balance.Get(params)
	if err != nil {
		return nil, failureOf(operation, err)
	}
	sums := map[booking.Currency]int64{}
	for _, parts := range [][]*stripe.Amount{balance.Available, balance.Pending} {
		for _, part := range parts {
			sums[booking.Currency(strings.ToUpper(string(part.Currency)))] += part.Amount
		}
	}
	return sums, nil
}
