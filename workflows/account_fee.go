package workflows

import (
	"go.temporal.io/sdk/workflow"

	"farebook/activities"
)

var accountFees *activities.AccountFees

// AccountFeeInput starts the workflow of a bill of Stripe's own.
type AccountFeeInput struct {
	BalanceTransactionID string `json:"balanceTransactionId"`
}

// AccountFee records what Stripe bills for its own services. No event tells of it: reconciliation finds it and asks.
func AccountFee(ctx workflow.Context, in AccountFeeInput) error {
	recording := step{"Record Stripe's bill", accountFees.RecordAccountFee, moneyPatience}
	return recording.run(ctx, activities.AccountFeeRef{BalanceTransactionID: in.BalanceTransactionID}, nil)
}
