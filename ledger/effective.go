package ledger

import (
	"fmt"
	"time"

	"farebook/booking"
)

// Effective is when a transaction took effect, beside the time at which it was posted. A report asks for either: by posted_at it
// never changes, by effective_at the clearing account at a time equals Stripe's balance at that time.
type Effective struct {
	At    time.Time
	Basis Basis
}

// Basis says where the date comes from.
type Basis string

// The bases, best first.
const (
	ByBalanceTransaction Basis = "balance_transaction" // Stripe's balance transaction was created then
	ByStripe             Basis = "stripe"              // Stripe's event or object has this time; there is no balance transaction
	ByPerson             Basis = "person"              // a person decided then, or named the time
	ByPosting            Basis = "posted"              // no other time is known: equal to posted_at
)

// EffectiveOf is the date of what a balance transaction moves.
func EffectiveOf(b booking.BalanceTransaction) Effective {
	return Effective{At: b.Created, Basis: ByBalanceTransaction}
}

// NotBefore is the later of e and the balance transaction's date: a decision about money takes effect when the money has moved.
func (e Effective) NotBefore(b booking.BalanceTransaction) Effective {
	if b.Created.After(e.At) {
		return EffectiveOf(b)
	}
	return e
}

// validate refuses a transaction without a date, so that no posting rule can leave it out.
func (e Effective) validate() error {
	switch {
	case e.At.Unix() <= 0: // Stripe's timestamps are Unix seconds: 0 is one that is missing
		return fmt.Errorf("no effective date: pass the balance transaction's creation, or the time of the decision")
	case e.Basis != ByBalanceTransaction && e.Basis != ByStripe && e.Basis != ByPerson && e.Basis != ByPosting:
		return fmt.Errorf("basis %q of the effective date is unknown", e.Basis)
	}
	return nil
}
