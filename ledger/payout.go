package ledger

import (
	"fmt"

	"farebook/booking"
)

// Payout posts money that leaves Stripe for the bank once Stripe's balance has paid for it, which is some days before it
// arrives (reporting category payout).
//
//	debit  asset:bank               amount
//	credit asset:stripe_clearing    amount
func Payout(s booking.PayoutSnapshot) (Transaction, error) {
	if s.Balance == nil {
		return Transaction{}, fmt.Errorf("payout %s has no balance transaction yet: there is nothing to post", s.PayoutID)
	}
	t := Transaction{
		Type: TypePayout, ObjectID: s.PayoutID, BalanceTransactionID: s.Balance.ID,
		Effective:    EffectiveOf(*s.Balance),
		OperationKey: "payout/" + s.PayoutID,
		Description:  "Payout " + s.PayoutID,
		Entries:      outOfClearing(AssetBank, s.Amount, s.Currency, *s.Balance),
	}
	return t, t.Validate()
}

// PayoutReversal posts the money of a failed or cancelled payout, which is at Stripe again (reporting category
// payout_reversal).
//
//	debit  asset:stripe_clearing    amount
//	credit asset:bank               amount
func PayoutReversal(s booking.PayoutSnapshot) (Transaction, error) {
	if s.FailureBalance == nil {
		return Transaction{}, fmt.Errorf("payout %s has no balance transaction of a failure: there is nothing to post", s.PayoutID)
	}
	t := Transaction{
		Type: TypePayoutReversal, ObjectID: s.PayoutID, BalanceTransactionID: s.FailureBalance.ID,
		Effective:    EffectiveOf(*s.FailureBalance),
		OperationKey: "payout-reversal/" + s.PayoutID,
		Description:  "Payout " + s.PayoutID + " came back",
		Entries:      outOfClearing(AssetBank, -s.Amount, s.Currency, *s.FailureBalance),
	}
	return t, t.Validate()
}
