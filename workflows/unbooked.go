package workflows

import (
	"go.temporal.io/sdk/workflow"

	"farebook/activities"
)

var unbooked *activities.Unbooked

// UnbookedInput starts the workflow of a balance transaction that no booking has.
type UnbookedInput struct {
	BalanceTransactionID string `json:"balanceTransactionId"`
}

// Unbooked records money of another integration, or of a payment from before the opening. Reconciliation finds it and starts this.
func Unbooked(ctx workflow.Context, in UnbookedInput) error {
	recording := step{"Record money that no booking has", unbooked.RecordUnbooked, moneyPatience}
	return recording.run(ctx, activities.UnbookedRef{BalanceTransactionID: in.BalanceTransactionID}, nil)
}
