package ledger_test

import (
	"errors"
	"fmt"
	"time"

	"farebook/booking"
	"farebook/ledger"
	"farebook/money"
)

// stripesTime is when Stripe created the balance transactions of these examples: the effective date of what is posted for them.
var stripesTime = time.Date(2027, time.May, 1, 14, 20, 0, 0, time.UTC)

// show prints a transaction as the books have it.
func show(t ledger.Transaction) {
	fmt.Printf("%s, effective %s\n", t.Description, t.Effective.At.Format(time.DateOnly))
	for _, entry := range t.Entries {
		fmt.Printf("  %-6s %-26s %s\n", entry.Side, entry.Account, money.Text(entry.Amount, entry.Currency))
	}
}

// A payment is posted by its balance transaction: the gross amount is owed to the traveller as a flight, and the clearing account
// holds what Stripe's balance received, the amount less the fee.
func ExamplePayment() {
	posted, err := ledger.Payment(booking.PaymentSnapshot{
		PaymentIntentID: "pi_1", StripeStatus: "succeeded", Reference: "FB-7K2M9QXA", ChargeID: "ch_1",
		Amount: 45900, AmountReceived: 45900, Currency: "USD",
		Balance: &booking.BalanceTransaction{ID: "txn_1", Amount: 45900, Fee: 1361, Net: 44539, Currency: "USD", Created: stripesTime},
	}, ledger.Effective{})
	if err != nil {
		fmt.Println(err)
		return
	}
	show(posted)
	// Output:
	// Payment of booking FB-7K2M9QXA, effective 2027-05-01
	//   debit  asset:stripe_clearing      $459.00
	//   credit liability:unearned_revenue $459.00
	//   debit  expense:stripe_fees        $13.61
	//   credit asset:stripe_clearing      $13.61
}

// A refund is posted once Stripe's balance has paid for it. Stripe keeps the fee of the payment.
func ExampleRefund() {
	posted, err := ledger.Refund("FB-7K2M9QXA", booking.RefundSnapshot{
		StripeRefundID: "re_1", PaymentIntentID: "pi_1", StripeStatus: "succeeded", Amount: 20000, Currency: "USD",
		Balance: &booking.BalanceTransaction{ID: "txn_2", Amount: -20000, Net: -20000, Currency: "USD", Created: stripesTime},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	show(posted)
	// Output:
	// Refund of booking FB-7K2M9QXA, effective 2027-05-01
	//   debit  liability:refunds_payable  $200.00
	//   credit asset:stripe_clearing      $200.00
}

// A payout takes money from the clearing account, and is in transit until it reaches the bank. It belongs to no booking: its
// operation key makes it unique in the books.
func ExamplePayout() {
	posted, err := ledger.Payout(booking.PayoutSnapshot{
		PayoutID: "po_1", Status: booking.PayoutPaid, Amount: 24539, Currency: "USD", Automatic: true,
		Balance: &booking.BalanceTransaction{ID: "txn_3", Amount: -24539, Net: -24539, Currency: "USD", Created: stripesTime},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(posted.OperationKey)
	show(posted)
	// Output:
	// payout/po_1
	// Payout po_1, effective 2027-05-01
	//   debit  asset:payouts_in_transit   $245.39
	//   credit asset:stripe_clearing      $245.39
}

// Nothing is ever changed in the ledger: a transaction is undone by another with the sides exchanged.
func ExampleTransaction_Reverse() {
	billed, err := ledger.AccountFee(booking.BalanceTransaction{
		ID: "txn_4", Amount: -250, Net: -250, Currency: "USD", ReportingCategory: "fee", Created: stripesTime,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	show(billed)
	show(billed.Reverse())
	// Output:
	// Stripe's bill txn_4, effective 2027-05-01
	//   debit  expense:stripe_fees        $2.50
	//   credit asset:stripe_clearing      $2.50
	// Reversal of Stripe's bill txn_4, effective 2027-05-01
	//   credit expense:stripe_fees        $2.50
	//   debit  asset:stripe_clearing      $2.50
}

// Debits and credits have to be equal in each currency: amounts of two currencies never balance one another.
func ExampleTransaction_Validate() {
	err := ledger.Transaction{
		Type: ledger.TypePayment, Effective: ledger.Effective{At: stripesTime, Basis: ledger.ByBalanceTransaction},
		Entries: []ledger.Entry{
			{Account: ledger.AssetStripeClearing, Side: ledger.Debit, Amount: 45900, Currency: "USD"},
			{Account: ledger.LiabilityUnearnedRevenue, Side: ledger.Credit, Amount: 45900, Currency: "EUR"},
		},
	}.Validate()
	var unbalanced *ledger.UnbalancedError
	fmt.Println(errors.As(err, &unbalanced))
	fmt.Println(err)
	// Output:
	// true
	// debits of €0.00 and credits of €459.00 differ
}
