package ledger

import (
	"fmt"
	"maps"
	"slices"

	"farebook/booking"
	"farebook/money"
)

// Payout posts money that leaves Stripe for the bank once Stripe's balance has paid for it, which is some days before it
// arrives (reporting category payout). PayoutArrived posts its arrival.
//
//	debit  asset:payouts_in_transit    amount
//	credit asset:stripe_clearing       amount
func Payout(s booking.PayoutSnapshot) (Transaction, error) {
	if s.Balance == nil {
		return Transaction{}, fmt.Errorf("payout %s has no balance transaction yet: there is nothing to post", s.PayoutID)
	}
	t := Transaction{
		Type: TypePayout, ObjectID: s.PayoutID, BalanceTransactionID: s.Balance.ID,
		Effective:    EffectiveOf(*s.Balance),
		Balance:      s.Balance,
		OperationKey: PayoutKey(s.PayoutID),
		Description:  "Payout " + s.PayoutID,
		Entries:      outOfClearing(AssetPayoutsInTransit, s.Amount, s.Currency, *s.Balance),
	}
	return t, t.Validate()
}

// PayoutReversal posts the money of a failed or cancelled payout, which is at Stripe again (reporting category
// payout_reversal). If the payout was at the bank already, PayoutReturned posts that it left there.
//
//	debit  asset:stripe_clearing       amount
//	credit asset:payouts_in_transit    amount
func PayoutReversal(s booking.PayoutSnapshot) (Transaction, error) {
	if s.FailureBalance == nil {
		return Transaction{}, fmt.Errorf("payout %s has no balance transaction of a failure: there is nothing to post", s.PayoutID)
	}
	t := Transaction{
		Type: TypePayoutReversal, ObjectID: s.PayoutID, BalanceTransactionID: s.FailureBalance.ID,
		Effective:    EffectiveOf(*s.FailureBalance),
		Balance:      s.FailureBalance,
		OperationKey: "payout-reversal/" + s.PayoutID,
		Description:  "Payout " + s.PayoutID + " came back",
		Entries:      outOfClearing(AssetPayoutsInTransit, -s.Amount, s.Currency, *s.FailureBalance),
	}
	return t, t.Validate()
}

// PayoutArrived posts that a payout has reached the bank. Stripe's balance does not move, so it takes effect when Stripe reported
// the arrival. amounts are what the payout has in transit, in minor units by currency, negative if the bank has paid it.
//
//	debit  asset:bank                  amount
//	credit asset:payouts_in_transit    amount
func PayoutArrived(payoutID string, amounts map[money.Currency]int64, arrived Effective) (Transaction, error) {
	t := betweenTransitAndBank(payoutID, amounts, arrived)
	t.Type, t.OperationKey = TypePayoutArrived, "payout-arrived/"+payoutID
	t.Description = "Payout " + payoutID + " reached the bank"
	return t, t.Validate()
}

// PayoutReturned posts that a payout which came back had been at the bank, or was counted there by an earlier release. amounts are
// what PayoutReversal left in transit, which is below zero.
//
//	debit  asset:payouts_in_transit    amount
//	credit asset:bank                  amount
func PayoutReturned(payoutID string, amounts map[money.Currency]int64, returned Effective) (Transaction, error) {
	t := betweenTransitAndBank(payoutID, amounts, returned)
	t.Type, t.OperationKey = TypePayoutReturned, "payout-returned/"+payoutID
	t.Description = "Payout " + payoutID + " left the bank again"
	return t, t.Validate()
}

// PayoutCarriedOver moves a payout under way that an earlier release has posted as at the bank.
//
//	debit  asset:payouts_in_transit    amount
//	credit asset:bank                  amount
func PayoutCarriedOver(payoutID string, amounts map[money.Currency]int64, at Effective) (Transaction, error) {
	t := betweenTransitAndBank(payoutID, amounts, at)
	t.Type, t.OperationKey = TypeCarryOver, "carry-over/"+payoutID
	t.Description = "Payout " + payoutID + " is under way, and not at the bank"
	return t, t.Validate()
}

// betweenTransitAndBank empties the transit account of amounts, in minor units by currency.
func betweenTransitAndBank(payoutID string, amounts map[money.Currency]int64, at Effective) Transaction {
	t := Transaction{ObjectID: payoutID, Effective: at}
	for _, currency := range slices.Sorted(maps.Keys(amounts)) {
		t.Entries = append(t.Entries, move(AssetBank, AssetPayoutsInTransit, amounts[currency], currency)...)
	}
	return t
}

// PayoutKey is the operation key of the transaction by which a payout leaves Stripe's balance.
func PayoutKey(payoutID string) string { return "payout/" + payoutID }
