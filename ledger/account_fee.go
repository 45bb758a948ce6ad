package ledger

import (
	"fmt"

	"farebook/booking"
)

// AccountFee posts what Stripe bills for its own services, such as Radar or Billing, and takes out of the balance by itself
// (reporting category fee, stripe.com/docs/reports/reporting-categories). Above zero Stripe gives back.
//
//	debit  expense:stripe_fees      amount
//	credit asset:stripe_clearing    amount
func AccountFee(b booking.BalanceTransaction) (Transaction, error) {
	if !b.IsAccountFee() {
		return Transaction{}, fmt.Errorf("balance transaction %s is of category %q: only a bill of Stripe's own is posted as one", b.ID, b.ReportingCategory)
	}
	t := Transaction{
		Type: TypeAccountFee, ObjectID: b.ID, BalanceTransactionID: b.ID,
		OperationKey: "account-fee/" + b.ID,
		Description:  "Stripe's bill " + b.ID,
		Entries:      outOfClearing(ExpenseStripeFees, -b.Amount, b.Currency, b),
	}
	return t, t.Validate()
}
