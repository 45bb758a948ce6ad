package workflows

import (
	"go.temporal.io/sdk/workflow"

	"farebook/activities"
)

// accountFees names the account fee activities by method reference; the receiver lives in the worker.
var accountFees *activities.AccountFees

// AccountFeeInput starts AccountFee. BalanceTransactionID is Stripe's: txn_...
type AccountFeeInput struct {
	BalanceTransactionID string `json:"balanceTransactionId"`
}

// AccountFee records a fee that Stripe charges for its own services. No event announces such a fee: reconciliation finds it and
// starts this workflow.
func AccountFee(ctx workflow.Context, in AccountFeeInput) error {
	recording := step{"Record the fee for Stripe's services", accountFees.RecordAccountFee, moneyRetries}
	return recording.run(ctx, activities.AccountFeeRef{BalanceTransactionID: in.BalanceTransactionID}, nil)
}
