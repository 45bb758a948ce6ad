package stripeapi

import (
	"context"
	"fmt"

	"github.com/stripe/stripe-go/v76"

	"farebook/booking"
)

// CapturePaymentIntent captures all or part of an authorised payment and releases the rest
// (stripe.com/docs/payments/place-a-hold-on-a-payment-method). amount is in minor units. A PaymentIntent that is captured,
// cancelled or expired already returns UnexpectedState: read it and decide. The idempotency key contains the amount, because
// another amount is another request, and the generation, which avoids Stripe's stored answers.
func (c *Client) CapturePaymentIntent(ctx context.Context, id string, amount int64, generation int) error {
	const operation = "capture PaymentIntent"
	if err := requireID(operation, id); err != nil {
		return err
	}
	if err := c.before(ctx, operation); err != nil {
		return err
	}
	params := &stripe.PaymentIntentCaptureParams{AmountToCapture: stripe.Int64(amount)}
	params.Context = ctx
	params.SetIdempotencyKey(fmt.Sprintf("%s/capture-payment-intent/%d/%d", id, amount, generation))
	_, err := c.api.PaymentIntents.Capture(id, params)
	return failureOf(operation, err)
}

// categoryPartialCapture is the reporting category of the balance transaction that releases what was not captured.
const categoryPartialCapture = "partial_capture_reversal"

// addReversal finds the second balance transaction of a partial capture. Until it exists, the first is left out as well: alone
// it would exceed the captured amount.
func (c *Client) addReversal(ctx context.Context, snapshot *booking.PaymentSnapshot) error {
	if snapshot.Balance == nil || snapshot.AmountReceived >= snapshot.Amount {
		return nil
	}
	// Stripe refunds what was not captured, and the balance transaction usually belongs to that refund.
	refunds, err := c.RefundsOf(ctx, snapshot.PaymentIntentID)
	if err != nil {
		return err
	}
	for _, refund := range refunds {
		if refund.ChargeID == snapshot.ChargeID && refund.Balance != nil && refund.Balance.ReportingCategory == categoryPartialCapture {
			snapshot.Reversal = refund.Balance
		}
	}
	if snapshot.Reversal == nil {
		if snapshot.Reversal, err = c.reversalOfCharge(ctx, snapshot.ChargeID); err != nil {
			return err
		}
	}
	// An account that settles a partial capture in one balance transaction has the right amount already.
	if snapshot.Reversal == nil && (snapshot.Balance.Currency != snapshot.Currency || snapshot.Balance.Amount != snapshot.AmountReceived) {
		snapshot.Balance = nil
	}
	return nil
}

// reversalOfCharge searches the balance transactions of the charge; nil if it is not there.
func (c *Client) reversalOfCharge(ctx context.Context, chargeID string) (reversal *booking.BalanceTransaction, err error) {
	const operation = "list balance transactions of a charge"
	if err := c.before(ctx, operation); err != nil {
		return nil, err
	}
	params := &stripe.BalanceTransactionListParams{Source: stripe.String(chargeID)}
	params.Context, params.Single, params.Limit = ctx, true, stripe.Int64(100)
	page := c.api.BalanceTransactions.List(params)
	for page.Next() {
		if txn := page.BalanceTransaction(); txn.ReportingCategory == categoryPartialCapture {
			reversal = balanceTransactionOf(txn)
		}
	}
	return reversal, failureOf(operation, page.Err())
}
