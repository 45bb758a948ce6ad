package booking

import "fmt"

// IllegalTransitionError is returned for a transition that a state machine does not have.
type IllegalTransitionError struct {
	Machine  string // "booking", "payment", "refund", "dispute", "payout"
	From, To string
}

func (e *IllegalTransitionError) Error() string {
	return fmt.Sprintf("a %s cannot go from %s to %s", e.Machine, e.From, e.To)
}
