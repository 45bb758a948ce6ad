package store

import (
	"time"

	"farebook/booking"
	"farebook/money"
)

// Observer learns what a transaction has changed in a booking, after its commit: metrics count from it. A change whose commit was not
// acknowledged is recorded once and may not be reported, so an observer must not decide anything.
type Observer interface {
	// BookingEntered reports a booking's new status, or the first one.
	BookingEntered(status booking.Status)
	// PaymentDeclined reports a declined attempt, by Stripe's decline code.
	PaymentDeclined(code string)
	// MoneyCaptured reports what a payment has captured.
	MoneyCaptured(amount money.Money)
	// BookingConfirmed reports how long after its payment a booking was confirmed.
	BookingConfirmed(after time.Duration)
}

// Observe sets the observer; call it before the store is used.
func (s *Store) Observe(o Observer) { s.observer = o }

// changes are what a transaction will report once it is committed.
type changes []func(Observer)

func (c *changes) add(change func(Observer)) { *c = append(*c, change) }

// report tells the observer, if there is one.
func (s *Store) report(made changes) {
	if s.observer == nil {
		return
	}
	for _, change := range made {
		change(s.observer)
	}
}
