// Package booking is Farebook's vocabulary: bookings, payments, refunds, disputes and payouts, their states and the legal
// transitions between them. It does no I/O, and imports money and validation alone.
package booking

import (
	"time"

	"farebook/money"
)

// Customer is who pays and is written to.
type Customer struct {
	Name   string       `json:"name"`
	Email  string       `json:"email"`
	Locale money.Locale `json:"locale"`
}

// Passenger is who flies.
type Passenger struct {
	Name string `json:"name"`
}

// Flight is what is sold. The times keep their offsets: they are the local times of departure and arrival.
type Flight struct {
	Number     string      `json:"number"`
	From       string      `json:"from"` // IATA code
	To         string      `json:"to"`   // IATA code
	DepartsAt  time.Time   `json:"departsAt"`
	ArrivesAt  time.Time   `json:"arrivesAt"`
	Passengers []Passenger `json:"passengers"`
}

// Request is a booking as it is asked for.
type Request struct {
	Customer    Customer    `json:"customer"`
	Amount      money.Money `json:"amount"`
	Flight      Flight      `json:"flight"`
	HoldMinutes int         `json:"holdMinutes"`
	// Capture is empty for automatic: so that a booking of before has the same bytes, and the same hash, as ever.
	Capture CaptureMethod `json:"capture,omitempty"`
}

// Bounds of a hold, in minutes. The longest stays within the 24 h for which Stripe keeps idempotency keys.
const (
	MinHoldMinutes     = 1
	MaxHoldMinutes     = 1440
	DefaultHoldMinutes = 30
)

// MaxPassengers is how many may fly on one booking, as with the airlines' own systems.
const MaxPassengers = 9

// bookingHorizon is how far ahead a flight may depart; airlines sell about a year ahead.
const bookingHorizon = 2 * 366 * 24 * time.Hour
