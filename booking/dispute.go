package booking

import (
	"slices"
	"time"

	"farebook/money"
)

// DisputeStatus is the status of a dispute, with Stripe's values (stripe.com/docs/api/disputes/object#dispute_object-status).
type DisputeStatus string

// The states of a dispute. warning_ states are inquiries, for which Stripe withdraws no money.
const (
	DisputeWarningNeedsResponse DisputeStatus = "warning_needs_response"
	DisputeWarningUnderReview   DisputeStatus = "warning_under_review"
	DisputeWarningClosed        DisputeStatus = "warning_closed"
	DisputeNeedsResponse        DisputeStatus = "needs_response"
	DisputeUnderReview          DisputeStatus = "under_review"
	DisputeWon                  DisputeStatus = "won"
	DisputeLost                 DisputeStatus = "lost"
	DisputeUnknown              DisputeStatus = "unknown" // a status that this version does not know
)

// OpenDisputes are the states of a dispute that is not decided.
var OpenDisputes = []DisputeStatus{
	DisputeWarningNeedsResponse, DisputeWarningUnderReview, DisputeNeedsResponse, DisputeUnderReview, DisputeUnknown,
}

// DisputeTransitions lists the legal transitions. Events arrive in any order and each is followed by a read at Stripe, so an
// open state may go nearly anywhere. A closed inquiry may still become a formal dispute, and a card network may reverse a
// decision. A decided dispute is never open again, so a snapshot that says so is older than the recorded state. The unknown
// state may follow any undecided state, and every known state may follow it.
var DisputeTransitions = map[DisputeStatus][]DisputeStatus{
	DisputeWarningNeedsResponse: {
		DisputeWarningUnderReview, DisputeWarningClosed, DisputeNeedsResponse, DisputeUnderReview, DisputeWon,
		DisputeLost, DisputeUnknown,
	},
	DisputeWarningUnderReview: {
		DisputeWarningNeedsResponse, DisputeWarningClosed, DisputeNeedsResponse, DisputeUnderReview, DisputeWon,
		DisputeLost, DisputeUnknown,
	},
	DisputeWarningClosed: {DisputeNeedsResponse, DisputeUnderReview, DisputeWon, DisputeLost, DisputeUnknown},
	DisputeNeedsResponse: {DisputeUnderReview, DisputeWon, DisputeLost, DisputeUnknown},
	DisputeUnderReview:   {DisputeNeedsResponse, DisputeWon, DisputeLost, DisputeUnknown},
	DisputeWon:           {DisputeLost},
	DisputeLost:          {DisputeWon},
	DisputeUnknown: {
		DisputeWarningNeedsResponse, DisputeWarningUnderReview, DisputeWarningClosed, DisputeNeedsResponse, DisputeUnderReview, DisputeWon,
		DisputeLost,
	},
}

// To returns nil if the dispute may go to next, and an *IllegalTransitionError otherwise.
func (s DisputeStatus) To(next DisputeStatus) error {
	return transition("dispute", DisputeTransitions, s, next)
}

// WithholdingDisputes are the states in which Open holds.
var WithholdingDisputes = []DisputeStatus{DisputeNeedsResponse, DisputeUnderReview, DisputeUnknown}

// Open reports whether a formal dispute is undecided, so that its money is withheld. An unknown status counts as open: the
// money may be withheld, or be returned by the bank.
func (s DisputeStatus) Open() bool {
	return slices.Contains(WithholdingDisputes, s)
}

// Closed reports whether the dispute has been decided.
func (s DisputeStatus) Closed() bool {
	return s == DisputeWon || s == DisputeLost || s == DisputeWarningClosed
}

// NeedsResponse reports whether Stripe waits for evidence.
func (s DisputeStatus) NeedsResponse() bool {
	return s == DisputeNeedsResponse || s == DisputeWarningNeedsResponse
}

// DisputeSnapshot is a dispute as Stripe returned it at one moment. Amounts are minor units.
type DisputeSnapshot struct {
	DisputeID       string
	PaymentIntentID string
	ChargeID        string
	Status          DisputeStatus // Stripe's status, possibly one that this version does not know: see State
	Reason          string
	Amount          int64
	Currency        money.Currency
	DueBy           time.Time            // deadline for evidence; zero if none is expected
	CardBrand       string               // of the disputed card, as Stripe names it; empty for other payment methods
	Balances        []BalanceTransaction // empty for an inquiry, then the withdrawal, then the reinstatement
}

// State returns Status as one of the known states.
func (s DisputeSnapshot) State() DisputeStatus {
	return known(DisputeTransitions, s.Status, DisputeUnknown)
}

// Reinstated reports whether every withdrawal has been reversed. The amounts may differ, because exchange rates change and
// banks may decide in part.
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
