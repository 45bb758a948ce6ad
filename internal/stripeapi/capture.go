package stripeapi

import (
	"context"
	"fmt"

	"github.com/stripe/stripe-go/v76"

	"farebook/booking"
)

// CapturePaymentIntent takes an authorised payment, all of it or less; the rest is let go
// (stripe.com/docs/payments/place-a-hold-on-a-payment-method). One that is captured, cancelled or expired already answers
// with UnexpectedState: read it and decide. The amount is part of the key: another amount is another request; so is another
// generation, for what Stripe would answer from its memory.
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

// categoryPartialCapture is the reporting category of the balance transaction that takes back what was not captured.
const categoryPartialCapture = "partial_capture_reversal"

// addReversal finds the second balance transaction of a partial capture. Until it is there, the first does not count
// either: alone it would be more than what was captured.
func (c *Client) addReversal(ctx context.Context, snapshot *booking.PaymentSnapshot) error {
	if snapshot.Balance == nil || snapshot.AmountReceived >= snapshot.Amount {
		return nil
	}
	// What was not captured is refunded by Stripe itself, and the balance transaction is that refund's as a rule.
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
	// An account that settles partial captures in one has an amount that fits by itself.
	if snapshot.Reversal == nil && (snapshot.Balance.Currency != snapshot.Currency || snapshot.Balance.Amount != snapshot.AmountReceived) {
		snapshot.Balance = nil
	}
	return nil
}

// reversalOfCharge looks for it among the balance transactions of the charge itself; nil when it is not there.
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
