package booking

import "fmt"

// IllegalTransition is returned for a transition that a state machine does not have.
type IllegalTransition struct {
	Machine  string // "booking", "payment", "refund", "dispute", "payout"
	From, To string
}

func (e *IllegalTransition) Error() string {
	return fmt.Sprintf("a %s cannot go from %s to %s", e.Machine, e.From, e.To)
}
