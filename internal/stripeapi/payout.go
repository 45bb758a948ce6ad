package stripeapi

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/stripe/stripe-go/v76"

	"farebook/booking"
	"farebook/money"
)

// Payout reads a payout with its own balance transactions. PayoutContents reads what it pays out.
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
	snapshot.TraceStatus, snapshot.TraceID = traceOf(payout)
	return snapshot, nil
}

// traceOf reads trace_id (stripe.com/docs/payouts/trace-id), which stripe-go v76 does not know, from the answer. It is empty where Stripe
// does not send it.
func traceOf(payout *stripe.Payout) (status, id string) {
	var sent struct {
		TraceID struct {
			Status string `json:"status"`
			Value  string `json:"value"`
		} `json:"trace_id"`
	}
	if payout.LastResponse == nil || json.Unmarshal(payout.LastResponse.RawJSON, &sent) != nil {
		return "", ""
	}
	return sent.TraceID.Status, sent.TraceID.Value
}

// PayoutContents reads one page of the balance transactions that an automatic payout pays out, without its own, once Stripe has
// assigned them (stripe.com/docs/payouts/reconciliation). after is the previous page's next, "" for the first; next is "" on
// the last.
func (c *Client) PayoutContents(ctx context.Context, id, after string) (page []booking.BalanceTransaction, next string, err error) {
	const operation = "list balance transactions of a payout"
	if err := c.before(ctx, operation); err != nil {
		return nil, "", err
	}
	list := c.api.BalanceTransactions.List(&stripe.BalanceTransactionListParams{ListParams: listParams(ctx, after), Payout: stripe.String(id)})
	for list.Next() {
		txn := list.BalanceTransaction()
		next = txn.ID
		if sourceID(txn) != id { // the list includes its own
			page = append(page, *balanceTransactionOf(txn))
		}
	}
	if !list.Meta().HasMore {
		next = ""
	}
	return page, next, failureOf(operation, list.Err())
}

func payoutOf(payout *stripe.Payout) booking.PayoutSnapshot {
	return booking.PayoutSnapshot{
		PayoutID:       payout.ID,
		Status:         booking.PayoutStatus(payout.Status),
		Amount:         payout.Amount,
		Currency:       money.Currency(strings.ToUpper(string(payout.Currency))),
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
