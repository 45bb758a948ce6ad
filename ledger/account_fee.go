package ledger

import (
	"fmt"

	"farebook/booking"
)

// AccountFee posts what Stripe bills for its own services, such as Radar or Billing, and takes from the balance (reporting
// categories fee, network_cost and tax, stripe.com/docs/reports/reporting-categories). A positive amount is given back by
// Stripe. A bill for a charge is posted alike, because the books do not assign fees to bookings. Tax is posted to
// expense:fee_taxes.
//
//	debit  expense:stripe_fees      amount
//	credit asset:stripe_clearing    amount
func AccountFee(b booking.BalanceTransaction) (Transaction, error) {
	if !b.IsAccountFee() {
		return Transaction{}, fmt.Errorf(
			"balance transaction %s is of category %q: only fees that Stripe bills to the account are posted as such", b.ID, b.ReportingCategory,
		)
	}
	account := ExpenseStripeFees
	if b.ReportingCategory == booking.CategoryTax {
		account = ExpenseFeeTaxes
	}
	t := Transaction{
		Type: TypeAccountFee, ObjectID: b.ID, BalanceTransactionID: b.ID,
		Effective:    EffectiveOf(b),
		Balance:      &b,
		OperationKey: "account-fee/" + b.ID,
		Description:  "Stripe's bill " + b.ID,
		Entries:      outOfClearing(account, -b.Amount, b.Currency, b),
	}
	return t, t.Validate()
}
