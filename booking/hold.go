package booking

import (
	"fmt"
	"time"

	"farebook/validation"
)

// PaymentMethods is which methods a booking's PaymentIntent offers. It is decided at the reservation and kept with the booking, so
// that each repetition of the request to Stripe has the same bytes.
type PaymentMethods string

// The choices. A booking of an older release has none, and its request is that of MethodsAutomatic.
const (
	MethodsAutomatic PaymentMethods = "automatic" // those that Stripe's dashboard lists, bank debits among them
	MethodsCard      PaymentMethods = "card"      // cards alone
)

// HoldRules bound holds by the flight's departure.
type HoldRules struct {
	// BeforeDeparture is how long before the departure a hold ends at the latest.
	BeforeDeparture time.Duration
	// SlowMinHold and SlowBeforeDeparture are the shortest hold, and the shortest time to the departure, with which methods are
	// offered that take minutes to complete, or days to settle.
	SlowMinHold, SlowBeforeDeparture time.Duration
}

// Hold is how long a booking is held, and how it may be paid meanwhile.
type Hold struct {
	Expires time.Time
	Methods PaymentMethods
}

// HoldFor applies the rules to a valid request. minute is how long a minute of a hold lasts. The error is FieldErrors.
func (h HoldRules) HoldFor(r Request, now time.Time, minute time.Duration) (Hold, error) {
	latest := r.Flight.DepartsAt.Add(-h.BeforeDeparture)
	if latest.Before(now.Add(MinHoldMinutes * minute)) {
		return Hold{}, validation.FieldErrors{{
			Field: "flight.departsAt", Problem: fmt.Sprintf("is too soon: a booking has to be paid %s before its departure", h.BeforeDeparture),
			Fix: "send a later flight",
		}}
	}
	hold := Hold{Expires: now.Add(time.Duration(r.HoldMinutes) * minute), Methods: MethodsAutomatic}
	if hold.Expires.After(latest) {
		hold.Expires = latest.UTC()
	}
	held := min(time.Duration(r.HoldMinutes)*time.Minute, latest.Sub(now))
	if held < h.SlowMinHold || r.Flight.DepartsAt.Sub(now) < h.SlowBeforeDeparture {
		hold.Methods = MethodsCard
	}
	return hold, nil
}
