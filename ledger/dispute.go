package ledger

import (
	"fmt"

	"farebook/booking"
	"farebook/money"
)

// categoryDisputeReversal is the reporting category of funds that a dispute gives back; withdrawals are of category
// dispute (stripe.com/docs/reports/reporting-categories).
const categoryDisputeReversal = "dispute_reversal"

// Dispute posts one balance transaction of a dispute: funds that are withheld, or reinstated, with Stripe's fee, in the
// currency that they settle in.
//
//	debit  asset:disputed_funds     amount     (the other way round when reinstated)
//	credit asset:stripe_clearing    amount
//	debit  expense:stripe_fees      fee        (the other way round when given back)
//	credit asset:stripe_clearing    fee
func Dispute(reference booking.Reference, s booking.DisputeSnapshot, balance booking.BalanceTransaction) (Transaction, error) {
	t := Transaction{
		Type: TypeDispute, Reference: reference, PaymentIntentID: s.PaymentIntentID,
		ObjectID: balance.ID, BalanceTransactionID: balance.ID, Effective: EffectiveOf(balance),
		Description: "Funds withheld by dispute " + s.DisputeID,
		Entries:     outOfClearing(AssetDisputedFunds, -balance.Amount, balance.Currency, balance),
	}
	if balance.ReportingCategory == categoryDisputeReversal {
		t.Type, t.Description = TypeDisputeReversal, "Funds reinstated by dispute "+s.DisputeID
	}
	return t, t.Validate()
}

// Chargeback moves withheld funds to where they end when a dispute is lost, and back when that is reversed. amount is
// what is to be moved, in minor units of the currency that the funds settled in; posting counts the dispute's moves so
// far, because a network may change its mind more than once.
//
//	debit  expense:chargebacks      amount     (the other way round below zero)
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

// DisputeRest moves what a dispute that was won gave back too little, or too much, to where disputes cost: the exchange rate
// has changed meanwhile, or the bank decided for us in part. amount is what was not given back, below zero what came on top;
// posting counts the dispute's moves, those of Chargeback among them.
//
//	debit  expense:chargebacks      amount     (the other way round below zero)
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
