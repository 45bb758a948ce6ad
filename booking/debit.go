package booking

import "farebook/money"

// Debit is a charge that has moved Stripe's balance before it is known whether it succeeds: a bank debit. Its balance transaction
// is there while it is pending; a failure takes the money back by another one. Amounts are minor units.
type Debit struct {
	ChargeID string // py_...
	Amount   int64
	Currency money.Currency
	Balance  BalanceTransaction
	// FailureBalance takes back what the debit had moved; nil while it is pending, or until Stripe has made it.
	FailureBalance *BalanceTransaction
}
