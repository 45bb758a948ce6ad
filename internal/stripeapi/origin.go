package stripeapi

import (
	"cmp"
	"context"
	"maps"

	"github.com/stripe/stripe-go/v76"

	"farebook/reconciliation"
)

// OriginOf reads the payment behind a balance transaction or an event: by its charge, or by its PaymentIntent's latest charge
// if the charge is unknown.
func (c *Client) OriginOf(ctx context.Context, chargeID, paymentIntentID string) (reconciliation.Origin, error) {
	if chargeID == "" {
		return c.originOfIntent(ctx, paymentIntentID)
	}
	const operation = "retrieve charge"
	if err := c.before(ctx, operation); err != nil {
		return reconciliation.Origin{}, err
	}
	params := &stripe.ChargeParams{}
	params.Context = ctx
	params.AddExpand("balance_transaction")
	params.AddExpand("payment_intent")
	charge, err := c.api.Charges.Get(chargeID, params)
	if err != nil {
		return reconciliation.Origin{}, failureOf(operation, err)
	}
	return originOf(charge, charge.PaymentIntent), nil
}

func (c *Client) originOfIntent(ctx context.Context, id string) (reconciliation.Origin, error) {
	const operation = "retrieve PaymentIntent"
	if err := requireID(operation, id); err != nil {
		return reconciliation.Origin{}, err
	}
	if err := c.before(ctx, operation); err != nil {
		return reconciliation.Origin{}, err
	}
	params := &stripe.PaymentIntentParams{}
	params.Context = ctx
	params.AddExpand("latest_charge.balance_transaction")
	intent, err := c.api.PaymentIntents.Get(id, params)
	if err != nil {
		return reconciliation.Origin{}, failureOf(operation, err)
	}
	return originOf(intent.LatestCharge, intent), nil
}

// originOf merges charge and PaymentIntent. The charge takes precedence: its metadata was copied from the PaymentIntent, and
// either may have been edited since.
func originOf(charge *stripe.Charge, intent *stripe.PaymentIntent) reconciliation.Origin {
	origin := reconciliation.Origin{Metadata: map[string]string{}}
	if intent != nil {
		origin.PaymentIntentID, origin.Reference = intent.ID, referenceIn(intent.Metadata)
		maps.Copy(origin.Metadata, intent.Metadata)
		origin.Descriptors = append(origin.Descriptors, intent.StatementDescriptor, intent.StatementDescriptorSuffix)
	}
	if charge == nil {
		return origin
	}
	origin.ChargeID, origin.Reference = charge.ID, cmp.Or(referenceIn(charge.Metadata), origin.Reference)
	maps.Copy(origin.Metadata, charge.Metadata)
	origin.Descriptors = append(origin.Descriptors, charge.StatementDescriptor, charge.StatementDescriptorSuffix,
		charge.CalculatedStatementDescriptor)
	if balance := expanded(charge.BalanceTransaction); balance != nil {
		origin.Settled = balance.Created
	}
	return origin
}
