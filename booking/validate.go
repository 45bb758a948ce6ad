package booking

import (
	"fmt"
	"regexp"
	"time"

	"farebook/money"
	"farebook/validation"
)

var (
	airportCode = regexp.MustCompile(`^[A-Z]{3}$`)
	// An airline designator has at least one letter (IATA resolution 762). A suffix letter may follow the number.
	flightNumber = regexp.MustCompile(`^([A-Z][A-Z0-9]|[0-9][A-Z])[0-9]{1,4}[A-Z]?$`)
)

// Validate returns every violation as validation.FieldErrors, or nil.
func (r Request) Validate(now time.Time) error {
	var v validation.Violations
	r.Customer.validate(&v)
	v.Take(r.Amount.ValidateCharge())
	r.Flight.validate(&v, now)
	validateHoldAndCapture(&v, r.HoldMinutes, r.Capture)
	r.Breakdown.validate(&v, r.Amount)
	if r.ReturnURL != "" {
		if _, err := ParseReturnURL(r.ReturnURL); err != nil {
			v.Add("returnUrl", "is not an address to return to", "it "+err.Error())
		}
	}
	return v.Err()
}

func validateHoldAndCapture(v *validation.Violations, holdMinutes int, capture CaptureMethod) {
	if holdMinutes < MinHoldMinutes || holdMinutes > MaxHoldMinutes {
		v.Add("holdMinutes", "is out of bounds", fmt.Sprintf("send a whole number from %d to %d", MinHoldMinutes, MaxHoldMinutes))
	}
	switch capture {
	case "", CaptureAutomatic, CaptureManual:
	default:
		v.Add("capture", "is not a capture method", `send "automatic" or "manual"`)
	}
}

func (c Customer) validate(v *validation.Violations) {
	validateName(v, "customer.name", c.Name)
	validateEmail(v, "customer.email", c.Email)
	if c.Locale != money.LocaleEN && c.Locale != money.LocaleAR {
		v.Add("customer.locale", "is not supported", `send "en" or "ar"`)
	}
}

func (f Flight) validate(v *validation.Violations, now time.Time) {
	if !flightNumber.MatchString(f.Number) {
		v.Add("flight.number", "is not a flight number", `send the airline's two characters and the number, such as "EK2"`)
	}
	for _, airport := range []struct{ field, code string }{{"flight.from", f.From}, {"flight.to", f.To}} {
		if !airportCode.MatchString(airport.code) {
			v.Add(airport.field, "is not an airport's IATA code", `send three capital letters, such as "DXB"`)
		}
	}
	if f.From == f.To && f.From != "" {
		v.Add("flight.to", "equals flight.from", "send another airport")
	}
	f.validateTimes(v, now)
	switch {
	case len(f.Passengers) == 0:
		v.Add("flight.passengers", "is empty", "send at least one passenger")
	case len(f.Passengers) > MaxPassengers:
		v.Add("flight.passengers", "has too many passengers",
			fmt.Sprintf("send at most %d; split a larger group into several bookings", MaxPassengers))
		return
	}
	for i, passenger := range f.Passengers {
		validateName(v, fmt.Sprintf("flight.passengers[%d].name", i), passenger.Name)
	}
}

func (f Flight) validateTimes(v *validation.Violations, now time.Time) {
	departs, arrives := f.DepartsAt, f.ArrivesAt
	switch {
	case departs.IsZero():
		v.Add("flight.departsAt", "is missing", timeFix)
	case !earthly(departs):
		v.Add("flight.departsAt", "has a UTC offset that no place uses", timeFix)
	case departs.Before(now):
		v.Add("flight.departsAt", "is in the past", "send a future time")
	case departs.After(now.Add(bookingHorizon)):
		v.Add("flight.departsAt", "is more than two years ahead", "send an earlier time")
	}
	switch {
	case arrives.IsZero():
		v.Add("flight.arrivesAt", "is missing", timeFix)
	case !earthly(arrives):
		v.Add("flight.arrivesAt", "has a UTC offset that no place uses", timeFix)
	case departs.IsZero():
		// departsAt is already a violation, so there is nothing to compare with.
	case !arrives.After(departs):
		v.Add("flight.arrivesAt", "is not after the departure", "send both times with their UTC offsets")
	case arrives.Sub(departs) > longestFlight:
		v.Add("flight.arrivesAt", "is more than 48 hours after the departure", "send one flight per booking")
	}
}

const (
	timeFix       = `send a local time with its UTC offset, such as "2027-03-01T14:05:00+04:00"`
	longestFlight = 48 * time.Hour
)

// earthly reports whether the offset exists: whole minutes from -12:00 to +14:00. Any other offset is a mistake that would
// print a wrong local time on a ticket.
func earthly(at time.Time) bool {
	_, seconds := at.Zone()
	return seconds >= -12*3600 && seconds <= 14*3600 && seconds%60 == 0
}
