package booking

import (
	"fmt"
	"strings"

	"farebook/money"
	"farebook/validation"
)

// Purpose says what a further payment of a booking is for.
type Purpose string

// The purposes.
const (
	PurposeFareDifference Purpose = "fare_difference" // after a change of flight
	PurposeBaggage        Purpose = "baggage"
	PurposeSeat           Purpose = "seat"
	PurposeOther          Purpose = "other"
)

// MaxSupplements is how many further payments may be asked for on one booking, paid or not.
const MaxSupplements = 20

const maxDescriptionBytes = 200

// Supplement is what makes a booking's row a further payment: the booking that it is paid for, and what is paid.
type Supplement struct {
	Of      Reference
	Purpose Purpose
	// Description is one line for people; empty where the purpose says enough.
	Description string
}

// SupplementRequest is a request for a further payment of a booking, whose customer and flight it shares.
type SupplementRequest struct {
	Amount      money.Money `json:"amount"`
	Purpose     Purpose     `json:"purpose"`
	Description string      `json:"description,omitempty"`
	HoldMinutes int         `json:"holdMinutes"`
	// Capture is empty for automatic.
	Capture CaptureMethod `json:"capture,omitempty"`
	// Breakdown is nil where none is sent.
	Breakdown *Breakdown `json:"breakdown,omitempty"`
}

// Validate returns every violation as validation.FieldErrors, or nil. currency is that of the booking: a cancellation refunds all payments
// of a booking for one quoted amount.
func (r SupplementRequest) Validate(currency money.Currency) error {
	var v validation.Violations
	if r.Amount.Currency != currency {
		v.Add("amount.currency", "is not the booking's currency", fmt.Sprintf("send %q", currency))
	} else {
		v.Take(r.Amount.ValidateCharge())
	}
	switch r.Purpose {
	case PurposeFareDifference, PurposeBaggage, PurposeSeat, PurposeOther:
	default:
		v.Add("purpose", "is not a purpose", `send "fare_difference", "baggage", "seat" or "other"`)
	}
	switch {
	case len(r.Description) > maxDescriptionBytes:
		v.Add("description", fmt.Sprintf("is longer than %d bytes", maxDescriptionBytes), "shorten it")
	case r.Description != "" && !printable(r.Description):
		v.Add("description", "has invisible characters: line breaks, control or direction characters", "send one line of text")
	case r.Purpose == PurposeOther && strings.TrimSpace(r.Description) == "":
		v.Add("description", "is missing", `say what is paid: the purpose is "other"`)
	}
	validateHoldAndCapture(&v, r.HoldMinutes, r.Capture)
	r.Breakdown.validate(&v, r.Amount)
	return v.Err()
}

// For is the request of the payment as its own booking, with the customer and the flight of its booking.
func (r SupplementRequest) For(customer Customer, flight Flight) Request {
	return Request{
		Customer: customer, Flight: flight, Amount: r.Amount, HoldMinutes: r.HoldMinutes, Capture: r.Capture, Breakdown: r.Breakdown,
	}
}
