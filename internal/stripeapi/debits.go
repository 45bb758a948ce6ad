package stripeapi

import (
	"context"
	"strings"

	"github.com/stripe/stripe-go/v76"

	"farebook/booking"
	"farebook/money"
)

// debitOf returns the bank debit of a charge that has moved the balance without having succeeded; nil for any other charge.
// Both balance transactions have to be expanded.
func debitOf(charge *stripe.Charge) *booking.Debit {
	balance := expanded(charge.BalanceTransaction)
	if balance == nil || charge.Status == stripe.ChargeStatusSucceeded {
		return nil
	}
	return &booking.Debit{
		ChargeID: charge.ID, Amount: charge.Amount, Currency: money.Currency(strings.ToUpper(string(charge.Currency))),
		Balance: *balance, FailureBalance: expanded(charge.FailureBalanceTransaction),
	}
}

// Debits lists the pending and failed bank debits of a PaymentIntent, including those before its latest charge. A PaymentIntent
// has only a few charges.
func (c *Client) Debits(ctx context.Context, paymentIntentID string) ([]booking.Debit, error) {
	const operation = "list charges"
	if err := requireID(operation, paymentIntentID); err != nil {
		return nil, err
	}
	var debits []booking.Debit
	after := ""
	for range lookupPages {
		if err := c.before(ctx, operation); err != nil {
			return nil, err
		}
		params := &stripe.ChargeListParams{ListParams: listParams(ctx, after), PaymentIntent: stripe.String(paymentIntentID)}
		params.AddExpand("data.balance_transaction")
		params.AddExpand("data.failure_balance_transaction")
		page := c.api.Charges.List(params)
		for page.Next() {
			after = page.Charge().ID
			if debit := debitOf(page.Charge()); debit != nil {
				debits = append(debits, *debit)
			}
		}
		if err := page.Err(); err != nil {
			return nil, failureOf(operation, err)
		}
		if !page.Meta().HasMore {
			return debits, nil
		}
	}
	return nil, &CallError{Kind: OutcomeUnknown, Operation: operation, Code: "too_many_charges"}
}
