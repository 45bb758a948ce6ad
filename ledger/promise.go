package ledger

import (
	"fmt"

	"farebook/booking"
	"farebook/money"
)

// Promise is that a refund is owed to a booking's traveller, in minor units. Unearned is the part that was owed as a flight until
// now; the rest, Returned, reduces income that was recognised already. Both are negative where less is owed than was promised. Recalled is
// what an agent takes back of what was passed on and earned. Posting counts the promises of the refund, because the amount may change.
type Promise struct {
	Reference       booking.Reference
	PaymentIntentID string
	RefundID        booking.RefundID
	Posting         int
	Unearned        int64
	Returned        int64
	Recalled        Parts
	Currency        money.Currency
	Effective       Effective
}

// RefundPromised posts a refund that was decided and has not left Stripe's balance. A part that refunds payable have already, of an
// earlier refund that failed, is not promised again.
//
//	debit  liability:unearned_revenue   before the departure
//	debit  income:refunds               after it
//	credit liability:refunds_payable    both
//
// An agent's booking is debited to the accounts that have its money: before it is recognised to liability:customer_funds, after it to
// liability:airline_payable, income:commission and income:service_fees in proportion. What exceeds them is income:refunds.
func RefundPromised(p Promise) (Transaction, error) {
	t := Transaction{
		Type: TypeRefundPromised, Reference: p.Reference, PaymentIntentID: p.PaymentIntentID,
		ObjectID: fmt.Sprintf("%s/%d", p.RefundID, p.Posting), Effective: p.Effective,
		OperationKey: fmt.Sprintf("refund-promised/%s/%d", p.RefundID, p.Posting),
		Description:  "Refund " + string(p.RefundID) + " promised, booking " + string(p.Reference),
		Entries: append(move(LiabilityUnearnedRevenue, LiabilityRefundsPayable, p.Unearned, p.Currency),
			move(IncomeRefunds, LiabilityRefundsPayable, p.Returned, p.Currency)...),
	}
	t.Entries = append(t.Entries, p.Recalled.recall(LiabilityRefundsPayable, p.Currency)...)
	return t, t.Validate()
}

// Cancelled is what the cancellation of a paid booking has decided, in minor units: Promised and Kept are parts of what was owed as
// a flight, and Returned is promised beyond that. An agent keeps nothing for itself: PassedOn is what is kept, by whom it belongs to, and
// Recalled what is promised of what was passed on before.
type Cancelled struct {
	Reference       booking.Reference
	PaymentIntentID string
	Promised, Kept  int64
	Returned        int64
	PassedOn        Parts
	Recalled        Parts
	Currency        money.Currency
	Effective       Effective
}

// Cancellation posts the cancellation of a paid booking: no flight is owed any more. A booking is cancelled once.
//
//	debit  liability:unearned_revenue   promised and kept
//	debit  income:refunds               promised beyond that
//	credit liability:refunds_payable    promised
//	credit income:cancellation_fees     kept
func Cancellation(c Cancelled) (Transaction, error) {
	t := Transaction{
		Type: TypeCancellation, Reference: c.Reference, PaymentIntentID: c.PaymentIntentID, Effective: c.Effective,
		OperationKey: "cancellation/" + string(c.Reference),
		Description:  "Cancellation of booking " + string(c.Reference),
		Entries: append(move(LiabilityUnearnedRevenue, LiabilityRefundsPayable, c.Promised, c.Currency),
			move(IncomeRefunds, LiabilityRefundsPayable, c.Returned, c.Currency)...),
	}
	t.Entries = append(t.Entries, move(LiabilityUnearnedRevenue, IncomeCancellationFees, c.Kept, c.Currency)...)
	t.Entries = append(t.Entries, c.Recalled.recall(LiabilityRefundsPayable, c.Currency)...)
	t.Entries = append(t.Entries, c.PassedOn.passOn(LiabilityUnearnedRevenue, c.Currency)...)
	return t, t.Validate()
}
