package stripeapi

import (
	"context"
	"strings"

	"github.com/stripe/stripe-go/v76"

	"farebook/booking"
)

// payoutPages bounds how much of a payout is read: a hundred balance transactions a page.
const payoutPages = 1000

// Payout reads a payout with its balance transactions, and for an automatic one whose contents Stripe has put together,
// what it pays out (stripe.com/docs/payouts/reconciliation).
func (c *Client) Payout(ctx context.Context, id string) (booking.PayoutSnapshot, error) {
	const operation = "retrieve payout"
	if err := requireID(operation, id); err != nil {
		return booking.PayoutSnapshot{}, err
	}
	if err := c.before(ctx, operation); err != nil {
		return booking.PayoutSnapshot{}, err
	}
	params := &stripe.PayoutParams{}
	params.Context = ctx
	params.AddExpand("balance_transaction")
	params.AddExpand("failure_balance_transaction")
	payout, err := c.api.Payouts.Get(id, params)
	if err != nil {
		return booking.PayoutSnapshot{}, failureOf(operation, err)
	}
	snapshot := payoutOf(payout)
	if snapshot.Complete {
		snapshot.Contents, err = c.payoutContents(ctx, id)
	}
	return snapshot, err
}

func (c *Client) payoutContents(ctx context.Context, id string) ([]booking.BalanceTransaction, error) {
	const operation = "list balance transactions of a payout"
	var contents []booking.BalanceTransaction
	after := ""
	for range payoutPages {
		if err := c.before(ctx, operation); err != nil {
			return nil, err
		}
		params := &stripe.BalanceTransactionListParams{Payout: stripe.String(id)}
		params.Context, params.Single, params.Limit = ctx, true, stripe.Int64(100)
		if after != "" {
			params.StartingAfter = stripe.String(after)
		}
		page := c.api.BalanceTransactions.List(params)
		for page.Next() {
			txn := page.BalanceTransaction()
			after = txn.ID
			if sourceID(txn) != id { // its own row is among them
				contents = append(contents, *balanceTransactionOf(txn))
			}
		}
		if err := page.Err(); err != nil {
			return nil, failureOf(operation, err)
		}
		if !page.Meta().HasMore {
			return contents, nil
		}
	}
	return nil, &Failure{Kind: OutcomeUnknown, Operation: operation, Code: "too_many_balance_transactions"}
}

func payoutOf(payout *stripe.Payout) booking.PayoutSnapshot {
	return booking.PayoutSnapshot{
		PayoutID:       payout.ID,
		Status:         booking.PayoutStatus(payout.Status),
		Amount:         payout.Amount,
		Currency:       booking.Currency(strings.ToUpper(string(payout.Currency))),
		Automatic:      payout.Automatic,
		ArrivesAt:      unixOrZero(payout.ArrivalDate),
		FailureCode:    string(payout.FailureCode),
		Balance:        expanded(payout.BalanceTransaction),
		FailureBalance: expanded(payout.FailureBalanceTransaction),
		Complete:       payout.Automatic && payout.ReconciliationStatus == stripe.PayoutReconciliationStatusCompleted,
	}
}

func sourceID(txn *stripe.BalanceTransaction) string {
	if txn.Source == nil {
		return ""
	}
	return txn.Source.ID
}
