package booking

import (
	"errors"
	"fmt"
	"net/mail"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

var (
	airportCode  = regexp.MustCompile(`^[A-Z]{3}$`)
	flightNumber = regexp.MustCompile(`^[A-Z0-9]{2}[0-9]{1,4}[A-Z]?$`)
)

const (
	maxNameBytes  = 200
	maxEmailBytes = 254 // RFC 5321, 4.5.3.1.3, less the angle brackets
)

// Validate names everything that is wrong with the request, as FieldErrors, or returns nil.
func (r Request) Validate(now time.Time) error {
	var v violations
	r.Customer.validate(&v)
	v.take(r.Amount.ValidateCharge())
	r.Flight.validate(&v, now)
	if r.HoldMinutes < MinHoldMinutes || r.HoldMinutes > MaxHoldMinutes {
		v.add("holdMinutes", "is out of bounds", fmt.Sprintf("send a whole number from %d to %d", MinHoldMinutes, MaxHoldMinutes))
	}
	if len(v.found) == 0 {
		return nil
	}
	return v.found
}

type violations struct{ found FieldErrors }

func (v *violations) add(field, problem, fix string) {
	v.found = append(v.found, &FieldError{Field: field, Problem: problem, Fix: fix})
}

func (v *violations) take(err error) {
	var field *FieldError
	if errors.As(err, &field) {
		v.found = append(v.found, field)
	}
}

func (c Customer) validate(v *violations) {
	validateName(v, "customer.name", c.Name)
	validateEmail(v, "customer.email", c.Email)
	if c.Locale != LocaleEN && c.Locale != LocaleAR {
		v.add("customer.locale", "is not a language that we write", `send "en" or "ar"`)
	}
}

func (f Flight) validate(v *violations, now time.Time) {
	if !flightNumber.MatchString(f.Number) {
		v.add("flight.number", "is not a flight number", `send the airline's two characters and the number, such as "EK2"`)
	}
	for _, airport := range []struct{ field, code string }{{"flight.from", f.From}, {"flight.to", f.To}} {
		if !airportCode.MatchString(airport.code) {
			v.add(airport.field, "is not an airport's IATA code", `send three capital letters, such as "DXB"`)
		}
	}
	if f.From == f.To && f.From != "" {
		v.add("flight.to", "is where the flight departs from", "send another airport")
	}
	f.validateTimes(v, now)
	switch {
	case len(f.Passengers) == 0:
		v.add("flight.passengers", "is empty", "send at least one passenger")
	case len(f.Passengers) > MaxPassengers:
		v.add("flight.passengers", "has too many passengers", fmt.Sprintf("send at most %d; larger groups are several bookings", MaxPassengers))
		return
	}
	for i, passenger := range f.Passengers {
		validateName(v, fmt.Sprintf("flight.passengers[%d].name", i), passenger.Name)
	}
}

func (f Flight) validateTimes(v *violations, now time.Time) {
	switch {
	case f.DepartsAt.Before(now):
		v.add("flight.departsAt", "is in the past", "send a time to come")
	case f.DepartsAt.After(now.Add(bookingHorizon)):
		v.add("flight.departsAt", "is more than two years ahead", "send an earlier time")
	}
	switch {
	case !f.ArrivesAt.After(f.DepartsAt):
		v.add("flight.arrivesAt", "is not after the departure", "send both times with their UTC offsets")
	case f.ArrivesAt.Sub(f.DepartsAt) > 48*time.Hour:
		v.add("flight.arrivesAt", "is more than 48 hours after the departure", "send one flight a booking")
	}
}

func validateName(v *violations, field, name string) {
	const fix = "send the name as people read it"
	switch {
	case strings.TrimSpace(name) == "":
		v.add(field, "is empty", fix)
	case len(name) > maxNameBytes:
		v.add(field, fmt.Sprintf("is longer than %d bytes", maxNameBytes), "shorten it")
	case name != strings.TrimSpace(name):
		v.add(field, "begins or ends with white space", "trim it")
	case !printable(name):
		v.add(field, "has characters that cannot be seen: line breaks, control or direction characters", fix)
	case strings.ContainsAny(name, "<>"):
		v.add(field, "has angle brackets", fix)
	case encodedWord(name):
		v.add(field, "is an encoded word", "send it as plain UTF-8")
	}
}

func validateEmail(v *violations, field, address string) {
	const fix = `send one address, such as "layla@example.com"`
	switch {
	case address == "":
		v.add(field, "is empty", fix)
		return
	case len(address) > maxEmailBytes:
		v.add(field, fmt.Sprintf("is longer than %d bytes", maxEmailBytes), fix)
		return
	case !printable(address) || encodedWord(address) || strings.ContainsAny(address, " <>,;:\"()[]\\"):
		v.add(field, "has characters that an address cannot have", fix)
		return
	}
	parsed, err := mail.ParseAddress(address)
	if err != nil || parsed.Address != address {
		v.add(field, "is not a mail address", fix)
		return
	}
	domain := address[strings.LastIndexByte(address, '@')+1:]
	if !strings.Contains(domain, ".") || strings.HasSuffix(domain, ".") || strings.Contains(domain, "..") {
		v.add(field, "has no complete domain", fix)
	}
}

// printable refuses line breaks, control characters, and the invisible ones that reorder what people read
// (U+202A to U+202E, U+2066 to U+2069).
func printable(text string) bool {
	if !utf8.ValidString(text) {
		return false
	}
	for _, r := range text {
		joiner := r == '\u200c' || r == '\u200d' // part of how Persian, Urdu and Indic names are written
		if !joiner && !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}

// encodedWord finds RFC 2047's =?charset?B?...?=, which a mail header would decode, line breaks and all.
func encodedWord(text string) bool {
	return strings.Contains(text, "=?") || strings.Contains(text, "?=")
}
