package ledger

import (
	"fmt"

	"farebook/booking"
	"farebook/money"
)

// categoryDisputeReversal is the reporting category of funds that a dispute returns. Withdrawals have the category dispute
// (stripe.com/docs/reports/reporting-categories).
const categoryDisputeReversal = "dispute_reversal"

// Dispute posts one balance transaction of a dispute: funds withheld or reinstated, and Stripe's fee, in the settlement
// currency.
//
//	debit  asset:disputed_funds     amount     (sides swapped if reinstated)
//	credit asset:stripe_clearing    amount
//	debit  expense:stripe_fees      fee        (sides swapped if returned)
//	credit asset:stripe_clearing    fee
func Dispute(reference booking.Reference, s booking.DisputeSnapshot, balance booking.BalanceTransaction) (Transaction, error) {
	t := Transaction{
		Type: TypeDispute, Reference: reference, PaymentIntentID: s.PaymentIntentID,
		ObjectID: balance.ID, BalanceTransactionID: balance.ID, Effective: EffectiveOf(balance), Balance: &balance,
		Description: "Funds withheld by dispute " + s.DisputeID,
		Entries:     outOfClearing(AssetDisputedFunds, -balance.Amount, balance.Currency, balance),
	}
	if balance.ReportingCategory == categoryDisputeReversal {
		t.Type, t.Description = TypeDisputeReversal, "Funds reinstated by dispute "+s.DisputeID
	}
	return t, t.Validate()
}

// Chargeback expenses the withheld funds of a lost dispute, and reverses that if the decision is reversed. amount is in minor
// units of the settlement currency. posting counts the dispute's moves so far, because a card network may reverse its decision
// repeatedly.
//
//	debit  expense:chargebacks      amount     (sides swapped if negative)
//	credit asset:disputed_funds     amount
func Chargeback(
	reference booking.Reference, s booking.DisputeSnapshot, amount int64, currency money.Currency, posting int, decided Effective,
) (Transaction, error) {
	t := Transaction{
		Type: TypeChargeback, Reference: reference, PaymentIntentID: s.PaymentIntentID,
		ObjectID:    fmt.Sprintf("%s/%d", s.DisputeID, posting),
		Effective:   decided,
		Description: "Loss of dispute " + s.DisputeID,
		Entries:     move(ExpenseChargebacks, AssetDisputedFunds, amount, currency),
	}
	if amount < 0 {
		t.Description = "Loss taken back of dispute " + s.DisputeID
	}
	return t, t.Validate()
}

// DisputeRest expenses the difference between the funds that a won dispute withheld and those that it returned: the exchange
// rate has changed, or the bank decided in part. amount is in minor units, positive if less was returned. posting counts the
// dispute's moves, including those of Chargeback.
//
//	debit  expense:chargebacks      amount     (sides swapped if negative)
//	credit asset:disputed_funds     amount
func DisputeRest(
	reference booking.Reference, s booking.DisputeSnapshot, amount int64, currency money.Currency, posting int, decided Effective,
) (Transaction, error) {
	t, err := Chargeback(reference, s, amount, currency, posting, decided)
	t.Description = "Not given back by dispute " + s.DisputeID
	if amount < 0 {
		t.Description = "Given back on top by dispute " + s.DisputeID
	}
	return t, err
}
