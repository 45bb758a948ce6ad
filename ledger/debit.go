package ledger

import (
	"fmt"

	"farebook/booking"
	"farebook/money"
)

// PaymentInTransit posts a pending bank debit: the money is in Stripe's balance already, and its outcome is known some days
// later. It is posted by its balance transaction (reporting category charge, while the PaymentIntent is processing).
//
//	debit  asset:stripe_clearing            gross
//	credit liability:payments_in_transit    gross
//	debit  expense:stripe_fees              fee
//	credit asset:stripe_clearing            fee
func PaymentInTransit(reference booking.Reference, paymentIntentID string, d booking.Debit) (Transaction, error) {
	t := debitTransaction(TypePaymentInTransit, reference, paymentIntentID, d, d.Balance, -d.Amount)
	t.Description = "Bank debit on its way, booking " + string(reference)
	return t, t.Validate()
}

// PaymentFailure posts a failed bank debit: Stripe takes the money back, and returns as much of the fee as it chooses
// (reporting category charge_failure).
//
//	debit  liability:payments_in_transit    gross
//	credit asset:stripe_clearing            gross
func PaymentFailure(reference booking.Reference, paymentIntentID string, d booking.Debit) (Transaction, error) {
	if d.FailureBalance == nil {
		return Transaction{}, fmt.Errorf("charge %s has no balance transaction of a failure: there is nothing to post", d.ChargeID)
	}
	t := debitTransaction(TypePaymentFailure, reference, paymentIntentID, d, *d.FailureBalance, d.Amount)
	t.Description = "Bank debit failed, booking " + string(reference)
	return t, t.Validate()
}

func debitTransaction(
	kind Type, reference booking.Reference, paymentIntentID string, d booking.Debit, balance booking.BalanceTransaction, out int64,
) Transaction {
	return Transaction{
		Type: kind, Reference: reference, PaymentIntentID: paymentIntentID, ObjectID: d.ChargeID, BalanceTransactionID: balance.ID,
		Effective: EffectiveOf(balance), Balance: &balance, Entries: outOfClearing(LiabilityPaymentsInTransit, out, d.Currency, balance),
	}
}

// PaymentArrived posts a succeeded bank debit whose money is in the ledger: it is now owed to the traveller as a flight.
// Stripe's balance does not move, so it takes effect when Stripe reported the success.
//
//	debit  liability:payments_in_transit    gross
//	credit liability:unearned_revenue       gross
func PaymentArrived(s booking.PaymentSnapshot, decided Effective) (Transaction, error) {
	if s.PaymentStatus() != booking.PaymentSucceeded || s.AmountReceived <= 0 {
		return Transaction{}, fmt.Errorf("PaymentIntent %s is %s, with %s received: only a succeeded one is posted",
			s.PaymentIntentID, s.StripeStatus, money.Text(s.AmountReceived, s.Currency))
	}
	t := Transaction{
		Type: TypePayment, Reference: s.Reference, PaymentIntentID: s.PaymentIntentID, Effective: decided,
		Description: "Payment of booking " + string(s.Reference),
		Entries:     move(LiabilityPaymentsInTransit, LiabilityUnearnedRevenue, s.AmountReceived, s.Currency),
	}
	if s.Balance != nil {
		t.BalanceTransactionID = s.Balance.ID
	}
	return t, t.Validate()
}
