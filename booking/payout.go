package booking

import (
	"time"

	"farebook/money"
)

// PayoutStatus is where a payout is, in Stripe's words (stripe.com/docs/api/payouts/object#payout_object-status).
type PayoutStatus string

// The states of a payout.
const (
	PayoutPending   PayoutStatus = "pending"
	PayoutInTransit PayoutStatus = "in_transit"
	PayoutPaid      PayoutStatus = "paid"
	PayoutFailed    PayoutStatus = "failed"
	PayoutCanceled  PayoutStatus = "canceled"
	PayoutUnknown   PayoutStatus = "unknown" // Stripe says something that we do not know
)

// PayoutTransitions says where a payout may go; a paid one can fail later, within five business days.
var PayoutTransitions = map[PayoutStatus][]PayoutStatus{
	PayoutPending:   {PayoutInTransit, PayoutPaid, PayoutFailed, PayoutCanceled, PayoutUnknown},
	PayoutInTransit: {PayoutPaid, PayoutFailed, PayoutCanceled, PayoutUnknown},
	PayoutPaid:      {PayoutFailed},
	PayoutFailed:    {},
	PayoutCanceled:  {},
	PayoutUnknown:   {PayoutPending, PayoutInTransit, PayoutPaid, PayoutFailed, PayoutCanceled},
}

// To is nil when the payout may go there, and an *IllegalTransition otherwise.
func (s PayoutStatus) To(next PayoutStatus) error {
	return transition("payout", PayoutTransitions, s, next)
}

// PayoutSnapshot is what Stripe says of one payout now. Amounts are minor units.
type PayoutSnapshot struct {
	PayoutID       string
	Status         PayoutStatus // in Stripe's word, also one that we do not know: see State
	Amount         int64
	Currency       money.Currency
	Automatic      bool
	ArrivesAt      time.Time
	FailureCode    string
	Balance        *BalanceTransaction
	FailureBalance *BalanceTransaction
	// Complete: Stripe has put together what an automatic payout pays out.
	Complete bool
}

// State is Stripe's status as one of ours.
func (s PayoutSnapshot) State() PayoutStatus {
	return known(PayoutTransitions, s.Status, PayoutUnknown)
}

// PayoutContents is what an automatic payout pays out, its own row left out, added up page by page.
type PayoutContents struct {
	Transactions int   `json:"transactions"`
	Unmatched    int   `json:"unmatched"` // of them, those that the ledger does not know
	Net          int64 `json:"net"`       // minor units
}

// Add takes a page, of which the ledger does not know so many.
func (c *PayoutContents) Add(page []BalanceTransaction, unmatched int) {
	c.Transactions, c.Unmatched = c.Transactions+len(page), c.Unmatched+unmatched
	for _, balance := range page {
		c.Net += balance.Net
	}
}
