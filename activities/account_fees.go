package activities

import (
	"context"
	"log/slog"

	"farebook/internal/failpoint"
	"farebook/internal/stripeapi"
	"farebook/store"
)

// AccountFees are the activities about the fees that Stripe bills to the account.
type AccountFees struct {
	Stripe *stripeapi.Client
	Store  *store.Store
	Log    *slog.Logger
}

// AccountFeeRef names the balance transaction of such a fee.
type AccountFeeRef struct {
	BalanceTransactionID string `json:"balanceTransactionId"`
}

// RecordAccountFee reads the fee at Stripe and posts it. Harmless when repeated: UNIQUE operation key in the ledger.
func (a *AccountFees) RecordAccountFee(ctx context.Context, in AccountFeeRef) error {
	balance, err := a.Stripe.BalanceTransaction(ctx, in.BalanceTransactionID)
	if err != nil {
		return stripeError(err)
	}
	failpoint.Hit("before-record-account-fee")
	if err := a.Store.RecordAccountFee(ctx, *balance, a.Store.Now()); err != nil {
		return storeError(err)
	}
	failpoint.Hit("after-record-account-fee")
	a.Log.InfoContext(ctx, "account fee recorded", "balanceTransactionId", balance.ID)
	return nil
}
