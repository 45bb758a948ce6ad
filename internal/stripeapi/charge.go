package stripeapi

import (
	"context"

	"github.com/stripe/stripe-go/v76"
)

// PaymentIntentOfCharge reads a charge (ch_, or py_ for a method other than a card) and returns its PaymentIntent; "" for a
// charge without one (stripe.com/docs/api/charges/object#charge_object-payment_intent).
func (c *Client) PaymentIntentOfCharge(ctx context.Context, id string) (string, error) {
	const operation = "retrieve charge"
	if err := requireID(operation, id); err != nil {
		return "", err
	}
	if err := c.before(ctx, operation); err != nil {
		return "", err
	}
	params := &stripe.ChargeParams{}
	params.Context = ctx
	charge, err := c.api.Charges.Get(id, params)
	if err != nil {
		return "", failureOf(operation, err)
	}
	return intentID(charge.PaymentIntent), nil
}

// intentOf returns the PaymentIntent that an object names, or that its expanded charge names.
func intentOf(intent *stripe.PaymentIntent, charge *stripe.Charge) string {
	if intent == nil && charge != nil {
		intent = charge.PaymentIntent
	}
	return intentID(intent)
}
