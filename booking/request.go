// Package booking is Farebook's vocabulary: bookings, payments, refunds, disputes and payouts, their states, and the legal
// transitions between them. It imports money and validation only, and does no I/O.
package booking

import (
	"time"

	"farebook/money"
)

// Customer pays for the booking and receives its emails.
type Customer struct {
	Name   string       `json:"name"`
	Email  string       `json:"email"`
	Locale money.Locale `json:"locale"`
}

// Passenger is one traveller on the flight.
type Passenger struct {
	Name string `json:"name"`
}

// Flight is the product that is sold. The times keep their UTC offsets: they are local times of departure and arrival.
type Flight struct {
	Number     string      `json:"number"`
	From       string      `json:"from"` // IATA code
	To         string      `json:"to"`   // IATA code
	DepartsAt  time.Time   `json:"departsAt"`
	ArrivesAt  time.Time   `json:"arrivesAt"`
	Passengers []Passenger `json:"passengers"`
}

// Request is a request for a booking.
type Request struct {
	Customer    Customer    `json:"customer"`
	Amount      money.Money `json:"amount"`
	Flight      Flight      `json:"flight"`
	HoldMinutes int         `json:"holdMinutes"`
	// Capture is empty for automatic, so that requests without it have the same bytes, and the same hash, as in older releases.
	Capture CaptureMethod `json:"capture,omitempty"`
	// Breakdown is nil where none is sent, for the same reason.
	Breakdown *Breakdown `json:"breakdown,omitempty"`
	// ReturnURL is where the payment page leads back to; empty for nowhere, for the same reason.
	ReturnURL string `json:"returnUrl,omitempty"`
}

// Limits of a hold, in minutes. The maximum stays within the 24 h for which Stripe keeps idempotency keys.
const (
	MinHoldMinutes     = 1
	MaxHoldMinutes     = 1440
	DefaultHoldMinutes = 30
)

// MaxPassengers is the maximum number of passengers on one booking, as in airline reservation systems.
const MaxPassengers = 9

// bookingHorizon is how far ahead a flight may depart. Airlines sell about a year ahead.
const bookingHorizon = 2 * 366 * 24 * time.Hour
