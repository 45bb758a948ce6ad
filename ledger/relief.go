package ledger

import (
	"fmt"

	"farebook/booking"
	"farebook/money"
)

// Relief is what a lost dispute frees a booking's books from, because the bank has given that money back to the traveller: Payable
// of a refund that was owed, and Unearned of the flight, in minor units. Settled is their part of the dispute's loss in the
// settlement currency. All are negative where the decision is reversed. Posting counts the reliefs of the dispute.
type Relief struct {
	Reference         booking.Reference
	PaymentIntentID   string
	DisputeID         string
	Payable, Unearned int64
	Currency          money.Currency
	Settled           int64
	SettledCurrency   money.Currency
	Posting           int
	Effective         Effective
}

// ChargebackRelief posts that a dispute which was lost before the departure costs no more than what is owed less because of it. It
// is posted beside Chargeback.
//
//	debit  liability:refunds_payable    payable     (sides swapped if negative)
//	debit  liability:unearned_revenue   unearned
//	credit expense:chargebacks          both
func ChargebackRelief(r Relief) (Transaction, error) {
	t := Transaction{
		Type: TypeChargebackRelief, Reference: r.Reference, PaymentIntentID: r.PaymentIntentID,
		ObjectID: fmt.Sprintf("%s/%d", r.DisputeID, r.Posting), Effective: r.Effective,
		OperationKey: fmt.Sprintf("chargeback-relief/%s/%d", r.DisputeID, r.Posting),
		Description:  "Owed no more after the loss of dispute " + r.DisputeID,
	}
	against := ExpenseChargebacks
	if r.SettledCurrency != r.Currency {
		against = EquityConversion
	}
	t.Entries = append(move(LiabilityRefundsPayable, against, r.Payable, r.Currency),
		move(LiabilityUnearnedRevenue, against, r.Unearned, r.Currency)...)
	if against == EquityConversion {
		t.Entries = append(t.Entries, move(EquityConversion, ExpenseChargebacks, r.Settled, r.SettledCurrency)...)
	}
	if r.Payable+r.Unearned < 0 {
		t.Description = "Owed again after dispute " + r.DisputeID
	}
	return t, t.Validate()
}
