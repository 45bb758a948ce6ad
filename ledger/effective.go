package ledger

import (
	"fmt"
	"time"

	"farebook/booking"
)

// Effective is the time at which a transaction took effect, as opposed to when it was posted. A report by posted_at never
// changes; by effective_at, the clearing account equals Stripe's balance at any time.
type Effective struct {
	At    time.Time
	Basis Basis
}

// Basis is the source of an effective date.
type Basis string

// The sources, best first.
const (
	ByBalanceTransaction Basis = "balance_transaction" // the balance transaction was created then
	ByStripe             Basis = "stripe"              // the time of Stripe's event or object; there is no balance transaction
	ByPerson             Basis = "person"              // an operator's decision, or the time that the operator gave
	ByBooking            Basis = "booking"             // of a cancellation, of a refund's request, the departure or the ticketing
	ByPosting            Basis = "posted"              // no other time is known: equal to posted_at
)

// EffectiveOf returns the date of a balance transaction.
func EffectiveOf(b booking.BalanceTransaction) Effective {
	return Effective{At: b.Created, Basis: ByBalanceTransaction}
}

// NotBefore returns the later of e and the date of the balance transaction: a decision about money takes effect once the money
// has moved.
func (e Effective) NotBefore(b booking.BalanceTransaction) Effective {
	if b.Created.After(e.At) {
		return EffectiveOf(b)
	}
	return e
}

// validate refuses a transaction without a date, so that no posting rule can omit it.
func (e Effective) validate() error {
	switch {
	case e.At.Unix() <= 0: // Stripe's timestamps are Unix seconds: 0 is a missing one
		return fmt.Errorf("no effective date: pass the balance transaction's creation, or the time of the decision")
	case e.Basis != ByBalanceTransaction && e.Basis != ByStripe && e.Basis != ByPerson && e.Basis != ByBooking && e.Basis != ByPosting:
		return fmt.Errorf("basis %q of the effective date is unknown", e.Basis)
	}
	return nil
}
