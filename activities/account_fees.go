package activities

import (
	"context"
	"log/slog"

	"farebook/internal/failpoint"
	"farebook/internal/stripeapi"
	"farebook/store"
)

// AccountFees are the activities about what Stripe bills for its own services.
type AccountFees struct {
	Stripe *stripeapi.Client
	Store  *store.Store
	Log    *slog.Logger
}

// AccountFeeRef names the balance transaction of a bill.
type AccountFeeRef struct {
	BalanceTransactionID string `json:"balanceTransactionId"`
}

// RecordAccountFee reads the bill at Stripe and posts it. Harmless when repeated: UNIQUE operation key in the ledger.
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
	a.Log.InfoContext(ctx, "bill of Stripe's recorded", "balanceTransactionId", balance.ID)
	return nil
}
