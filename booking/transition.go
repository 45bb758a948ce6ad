package booking

import "fmt"

// IllegalTransition is a state machine's refusal.
type IllegalTransition struct {
	Machine  string // "booking", "payment", "refund", "dispute", "payout"
	From, To string
}

func (e *IllegalTransition) Error() string {
	return fmt.Sprintf("a %s cannot go from %s to %s", e.Machine, e.From, e.To)
}
