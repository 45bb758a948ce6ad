package booking

import (
	"time"

	"farebook/money"
)

// PayoutStatus is the status of a payout, with Stripe's values (stripe.com/docs/api/payouts/object#payout_object-status).
type PayoutStatus string

// The states of a payout.
const (
	PayoutPending   PayoutStatus = "pending"
	PayoutInTransit PayoutStatus = "in_transit"
	PayoutPaid      PayoutStatus = "paid"
	PayoutFailed    PayoutStatus = "failed"
	PayoutCanceled  PayoutStatus = "canceled"
	PayoutUnknown   PayoutStatus = "unknown" // a status that this version does not know
)

// PayoutTransitions lists the legal transitions. A paid payout can fail later, within five business days.
var PayoutTransitions = map[PayoutStatus][]PayoutStatus{
	PayoutPending:   {PayoutInTransit, PayoutPaid, PayoutFailed, PayoutCanceled, PayoutUnknown},
	PayoutInTransit: {PayoutPaid, PayoutFailed, PayoutCanceled, PayoutUnknown},
	PayoutPaid:      {PayoutFailed},
	PayoutFailed:    {},
	PayoutCanceled:  {},
	PayoutUnknown:   {PayoutPending, PayoutInTransit, PayoutPaid, PayoutFailed, PayoutCanceled},
}

// To returns nil if the payout may go to next, and an *IllegalTransitionError otherwise.
func (s PayoutStatus) To(next PayoutStatus) error {
	return transition("payout", PayoutTransitions, s, next)
}

// PayoutSnapshot is a payout as Stripe returned it at one moment. Amounts are minor units.
type PayoutSnapshot struct {
	PayoutID       string
	Status         PayoutStatus // Stripe's status, possibly one that this version does not know: see State
	Amount         int64
	Currency       money.Currency
	Automatic      bool
	ArrivesAt      time.Time
	FailureCode    string
	Balance        *BalanceTransaction
	FailureBalance *BalanceTransaction
	// TraceStatus and TraceID are Stripe's trace_id: the id by which the bank names the payout, once the bank has one.
	TraceStatus, TraceID string
	// Complete: Stripe has assigned all balance transactions to an automatic payout.
	Complete bool
}

// State returns Status as one of the known states.
func (s PayoutSnapshot) State() PayoutStatus {
	return known(PayoutTransitions, s.Status, PayoutUnknown)
}

// PayoutContents sums the balance transactions of an automatic payout, without the payout's own, page by page.
type PayoutContents struct {
	Transactions int   `json:"transactions"`
	Unmatched    int   `json:"unmatched"` // number of them that the ledger does not have
	Net          int64 `json:"net"`       // minor units
}

// Add adds a page. unmatched is the number of its balance transactions that the ledger does not have.
func (c *PayoutContents) Add(page []BalanceTransaction, unmatched int) {
	c.Transactions, c.Unmatched = c.Transactions+len(page), c.Unmatched+unmatched
	for _, balance := range page {
		c.Net += balance.Net
	}
}
