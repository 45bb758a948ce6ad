package workflows

import (
	"go.temporal.io/sdk/workflow"

	"farebook/activities"
)

// unbooked names the activities about money without a booking by method reference; the receiver lives in the worker.
var unbooked *activities.Unbooked

// UnbookedInput starts Unbooked. BalanceTransactionID is Stripe's: txn_...
type UnbookedInput struct {
	BalanceTransactionID string `json:"balanceTransactionId"`
}

// Unbooked records a balance transaction that belongs to no booking: money of another integration, or of a payment older than the
// ledger's opening. Reconciliation finds it and starts this workflow.
func Unbooked(ctx workflow.Context, in UnbookedInput) error {
	recording := step{"Record money that belongs to no booking", unbooked.RecordUnbooked, moneyRetries}
	return recording.run(ctx, activities.UnbookedRef{BalanceTransactionID: in.BalanceTransactionID}, nil)
}
