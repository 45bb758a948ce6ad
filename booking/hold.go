package booking

import (
	"fmt"
	"time"

	"farebook/validation"
)

// PaymentMethods selects the payment methods that a booking's PaymentIntent offers. It is decided at the reservation and stored
// with the booking, so that a repeated request to Stripe has the same bytes.
type PaymentMethods string

// The choices. A booking of an older release has an empty value, which means MethodsAutomatic.
const (
	MethodsAutomatic PaymentMethods = "automatic" // those enabled in Stripe's dashboard, including bank debits
	MethodsCard      PaymentMethods = "card"      // cards only
)

// HoldRules limit holds by the departure of the flight.
type HoldRules struct {
	// BeforeDeparture is the minimum time between the end of a hold and the departure.
	BeforeDeparture time.Duration
	// SlowMinHold and SlowBeforeDeparture are the minimum hold, and the minimum time to the departure, for offering payment
	// methods that take minutes to complete or days to settle.
	SlowMinHold, SlowBeforeDeparture time.Duration
}

// Hold is how long a booking is held, and which payment methods it offers.
type Hold struct {
	Expires time.Time
	Methods PaymentMethods
}

// HoldFor applies the rules to a validated request. minute is the duration of one minute of holdMinutes (tests shorten it). The
// error is validation.FieldErrors.
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
