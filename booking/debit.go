package booking

import "farebook/money"

// Debit is a bank debit: a charge that moves Stripe's balance before its outcome is known. Its balance transaction exists while
// it is pending; if the debit fails, another balance transaction takes the money back. Amounts are minor units.
type Debit struct {
	ChargeID string // py_...
	Amount   int64
	Currency money.Currency
	Balance  BalanceTransaction
	// FailureBalance is the balance transaction that takes the money back; nil while the debit is pending, and until Stripe has
	// created it.
	FailureBalance *BalanceTransaction
}
