package booking

import "time"

// PayoutStatus is where a payout is, in Stripe's words (stripe.com/docs/api/payouts/object#payout_object-status).
type PayoutStatus string

// The states of a payout.
const (
	PayoutPending   PayoutStatus = "pending"
	PayoutInTransit PayoutStatus = "in_transit"
	PayoutPaid      PayoutStatus = "paid"
	PayoutFailed    PayoutStatus = "failed"
	PayoutCanceled  PayoutStatus = "canceled"
)

// PayoutTransitions says where a payout may go; a paid one can fail later, within five business days.
var PayoutTransitions = map[PayoutStatus][]PayoutStatus{
	PayoutPending:   {PayoutInTransit, PayoutPaid, PayoutFailed, PayoutCanceled},
	PayoutInTransit: {PayoutPaid, PayoutFailed, PayoutCanceled},
	PayoutPaid:      {PayoutFailed},
	PayoutFailed:    {},
	PayoutCanceled:  {},
}

// To is nil when the payout may go there, and an *IllegalTransition otherwise.
func (s PayoutStatus) To(next PayoutStatus) error {
	return transition("payout", PayoutTransitions, s, next)
}

// PayoutSnapshot is what Stripe says of one payout now. Amounts are minor units.
type PayoutSnapshot struct {
	PayoutID       string
	Status         PayoutStatus
	Amount         int64
	Currency       Currency
	Automatic      bool
	ArrivesAt      time.Time
	FailureCode    string
	Balance        *BalanceTransaction
	FailureBalance *BalanceTransaction
	// Contents are the balance transactions that an automatic payout pays out, its own row left out; nil while Stripe
	// has not put them together.
	Contents []BalanceTransaction
	// Complete: Stripe says that Contents are all.
	Complete bool
}

// Difference is what the contents and the payout itself do not agree about, in minor units: zero proves the payout.
func (s PayoutSnapshot) Difference() int64 {
	sum := -s.Amount
	for _, balance := range s.Contents {
		sum += balance.Net
	}
	return sum
}
