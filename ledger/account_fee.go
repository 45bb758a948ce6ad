package ledger

import (
	"fmt"

	"farebook/booking"
)

// AccountFee posts what Stripe bills for its own services, such as Radar or Billing, and takes out of the balance by itself
// (reporting categories fee, network_cost and tax, stripe.com/docs/reports/reporting-categories). Above zero Stripe gives back.
// A bill for a charge is no different: the books do not divide fees by booking. Tax stands on expense:fee_taxes.
//
//	debit  expense:stripe_fees      amount
//	credit asset:stripe_clearing    amount
func AccountFee(b booking.BalanceTransaction) (Transaction, error) {
	if !b.IsAccountFee() {
		return Transaction{}, fmt.Errorf("balance transaction %s is of category %q: only a bill of Stripe's own is posted as one", b.ID, b.ReportingCategory)
	}
	account := ExpenseStripeFees
	if b.ReportingCategory == booking.CategoryTax {
		account = ExpenseFeeTaxes
	}
	t := Transaction{
		Type: TypeAccountFee, ObjectID: b.ID, BalanceTransactionID: b.ID,
		Effective:    EffectiveOf(b),
		OperationKey: "account-fee/" + b.ID,
		Description:  "Stripe's bill " + b.ID,
		Entries:      outOfClearing(account, -b.Amount, b.Currency, b),
	}
	return t, t.Validate()
}
