package ledger

import (
	"fmt"

	"farebook/booking"
)

// Refund posts a refund once Stripe's balance has paid for it, even if it has not reached the customer yet: what is owed to the
// traveller decreases with the clearing account (reporting category refund). RefundPromised has posted that it is owed.
//
//	debit  liability:refunds_payable   amount
//	credit asset:stripe_clearing       amount
func Refund(reference booking.Reference, s booking.RefundSnapshot) (Transaction, error) {
	if s.Balance == nil {
		return Transaction{}, fmt.Errorf("refund %s has no balance transaction yet: there is nothing to post", s.StripeRefundID)
	}
	t := refundTransaction(TypeRefund, reference, s, *s.Balance)
	t.Description = "Refund of booking " + string(reference)
	t.Entries = outOfClearing(LiabilityRefundsPayable, s.Amount, s.Currency, *s.Balance)
	return t, t.Validate()
}

// RefundFailure posts the money of a refund that the bank returned: it is in the clearing account, and owed to the traveller as
// money, again (reporting category refund_failure).
//
//	debit  asset:stripe_clearing       amount
//	credit liability:refunds_payable   amount
func RefundFailure(reference booking.Reference, s booking.RefundSnapshot) (Transaction, error) {
	if s.FailureBalance == nil {
		return Transaction{}, fmt.Errorf("refund %s has no balance transaction of a failure: there is nothing to post", s.StripeRefundID)
	}
	t := refundTransaction(TypeRefundFailure, reference, s, *s.FailureBalance)
	t.Description = "Failed refund of booking " + string(reference)
	t.Entries = outOfClearing(LiabilityRefundsPayable, -s.Amount, s.Currency, *s.FailureBalance)
	return t, t.Validate()
}

func refundTransaction(kind Type, reference booking.Reference, s booking.RefundSnapshot, balance booking.BalanceTransaction) Transaction {
	return Transaction{
		Type: kind, Reference: reference, PaymentIntentID: s.PaymentIntentID,
		ObjectID: s.StripeRefundID, BalanceTransactionID: balance.ID, Effective: EffectiveOf(balance), Balance: &balance,
	}
}
