package booking

import (
	"time"

	"farebook/money"
)

// DisputeStatus is where a dispute is, in Stripe's words (stripe.com/docs/api/disputes/object#dispute_object-status).
type DisputeStatus string

// The states of a dispute. Those that begin with warning are inquiries: no money is withdrawn for them.
const (
	DisputeWarningNeedsResponse DisputeStatus = "warning_needs_response"
	DisputeWarningUnderReview   DisputeStatus = "warning_under_review"
	DisputeWarningClosed        DisputeStatus = "warning_closed"
	DisputeNeedsResponse        DisputeStatus = "needs_response"
	DisputeUnderReview          DisputeStatus = "under_review"
	DisputeWon                  DisputeStatus = "won"
	DisputeLost                 DisputeStatus = "lost"
	DisputeUnknown              DisputeStatus = "unknown" // Stripe says something that we do not know
)

// DisputeTransitions says where a dispute may go. Events come in any order and each is read again at Stripe, so from an
// open state nearly everything is legal. An inquiry that was closed may still become formal, and a network may turn a
// decision round; what was decided is never open again, so an answer that says so is older than what is recorded. A state that we do
// not know may follow what is undecided, and every state that we know may follow it.
var DisputeTransitions = map[DisputeStatus][]DisputeStatus{
	DisputeWarningNeedsResponse: {DisputeWarningUnderReview, DisputeWarningClosed, DisputeNeedsResponse, DisputeUnderReview, DisputeWon, DisputeLost, DisputeUnknown},
	DisputeWarningUnderReview:   {DisputeWarningNeedsResponse, DisputeWarningClosed, DisputeNeedsResponse, DisputeUnderReview, DisputeWon, DisputeLost, DisputeUnknown},
	DisputeWarningClosed:        {DisputeNeedsResponse, DisputeUnderReview, DisputeWon, DisputeLost, DisputeUnknown},
	DisputeNeedsResponse:        {DisputeUnderReview, DisputeWon, DisputeLost, DisputeUnknown},
	DisputeUnderReview:          {DisputeNeedsResponse, DisputeWon, DisputeLost, DisputeUnknown},
	DisputeWon:                  {DisputeLost},
	DisputeLost:                 {DisputeWon},
	DisputeUnknown: {
		DisputeWarningNeedsResponse, DisputeWarningUnderReview, DisputeWarningClosed, DisputeNeedsResponse, DisputeUnderReview, DisputeWon, DisputeLost,
	},
}

// To is nil when the dispute may go there, and an *IllegalTransition otherwise.
func (s DisputeStatus) To(next DisputeStatus) error {
	return transition("dispute", DisputeTransitions, s, next)
}

// Open tells whether a formal dispute waits for its decision: its money is withheld. One in a state that we do not know counts: its
// money may be withheld, or on its way back by the bank.
func (s DisputeStatus) Open() bool {
	return s == DisputeNeedsResponse || s == DisputeUnderReview || s == DisputeUnknown
}

// Closed tells whether it has been decided.
func (s DisputeStatus) Closed() bool {
	return s == DisputeWon || s == DisputeLost || s == DisputeWarningClosed
}

// NeedsResponse tells whether evidence is awaited of us.
func (s DisputeStatus) NeedsResponse() bool {
	return s == DisputeNeedsResponse || s == DisputeWarningNeedsResponse
}

// DisputeSnapshot is what Stripe says of one dispute now. Amounts are minor units.
type DisputeSnapshot struct {
	DisputeID       string
	PaymentIntentID string
	ChargeID        string
	Status          DisputeStatus // in Stripe's word, also one that we do not know: see State
	Reason          string
	Amount          int64
	Currency        money.Currency
	DueBy           time.Time            // of the evidence; zero when none is awaited
	Balances        []BalanceTransaction // none for an inquiry, then the withdrawal, then the reinstatement
}

// State is Stripe's status as one of ours.
func (s DisputeSnapshot) State() DisputeStatus {
	return known(DisputeTransitions, s.Status, DisputeUnknown)
}

// Reinstated tells whether as many withdrawals were given back as were made. How much came back is another matter: exchange
// rates change, and banks decide in part.
func (s DisputeSnapshot) Reinstated() bool {
	made, back := 0, 0
	for _, balance := range s.Balances {
		if balance.Amount > 0 {
			back++
		} else {
			made++
		}
	}
	return back > 0 && back >= made
}
